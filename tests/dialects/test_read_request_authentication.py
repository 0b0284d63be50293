"""RequestAuthentication: the issuers whose tokens are taken, and what is wrong in it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from gossamer.dialects.reading import ReadResult
from gossamer.model.finding import Severity
from gossamer.model.policies.workload.jwt import (
    USUAL_PLACES,
    Jwt,
    JwtRule,
    KeySource,
    TokenHeader,
    TokenOutput,
    TokenPlaces,
)
from gossamer.model.workload.key_set import read_key_set
from gossamer.model.workload.workload_policy import PolicyTarget, WorkloadPolicy
from tests.dialects.full_manifests import codes, refused, spec
from tests.signing import Signer, encoded, key_set

SIGNER = Signer()
KEYS = key_set(SIGNER.jwk())
URI = "jwksUri: https://a.example/keys"


def said(rule: str, *, more: str = "") -> ReadResult:
    """What is read of one rule of the issuer `me`, unless the rule names its own."""
    issuer = "" if rule.startswith("issuer:") else "issuer: me, "
    return spec(
        "security.istio.io/v1",
        "RequestAuthentication",
        f"jwtRules: [{{{issuer}{rule}}}]\n{more}",
    )


def rule_of(result: ReadResult) -> JwtRule:
    assert result.contribution is not None
    (policy,) = result.contribution.fragments
    assert isinstance(policy, WorkloadPolicy)
    jwt = policy.policies.get(Jwt)
    assert jwt is not None
    return jwt.rules[0]


def test_a_rule_in_full() -> None:
    """Every field has its meaning; names of headers are lower case."""
    result = said(
        f"""audiences: [shop], {URI}, fromHeaders: [{{name: X-Token, prefix: "JWT "}}],
        fromParams: [token], fromCookies: [session], outputPayloadToHeader: X-Payload,
        forwardOriginalToken: true, outputClaimToHeaders: [{{header: X-Sub, claim: a.b}}],
        timeout: 2s, spaceDelimitedClaims: [groups]"""
    )
    assert result.findings == ()
    assert rule_of(result) == JwtRule(
        issuer="me",
        source=KeySource("https://a.example/keys"),
        audiences=("shop",),
        places=TokenPlaces((TokenHeader("x-token", "JWT "),), ("token",), ("session",)),
        output=TokenOutput(True, "x-payload", (("x-sub", "a.b"),)),
        spaced_claims=("groups",),
        timeout=timedelta(seconds=2),
    )


def test_where_no_place_is_named_tokens_are_at_the_usual_ones() -> None:
    """The Authorization header, and the parameter access_token."""
    assert rule_of(said(URI)).places == USUAL_PLACES
    assert rule_of(said(f"{URI}, fromParams: [t]")).places == TokenPlaces(params=("t",))


def test_keys_may_be_written() -> None:
    """As they go to proxies."""
    result = said(f"jwks: {json.dumps(KEYS)}")
    assert (result.findings, rule_of(result).source) == ((), None)
    assert rule_of(result).keys == read_key_set(KEYS, secret=True).text


def test_keys_are_discovered_where_the_issuer_is_a_url() -> None:
    """By its OpenID configuration, as in Istio."""
    issuer = "https://id.example/realms/a"
    source = KeySource(f"{issuer}/.well-known/openid-configuration", issuer)
    assert rule_of(said(f"issuer: '{issuer}'")).source == source
    assert rule_of(said(f"issuer: '{issuer}/'")).source == KeySource(source.url, f"{issuer}/")


BROKEN = {
    "no issuer": ("issuer: ''", "missing-field"),
    "jwks and jwksUri": (f"{URI}, jwks: {json.dumps(KEYS)}", "invalid-jwks"),
    "keys that are no key set": ("jwks: '{}'", "invalid-jwks"),
    "a relative URL": ("jwksUri: /keys", "invalid-jwks"),
    "a file": ("jwksUri: 'file:///etc/passwd'", "invalid-jwks"),
    "a user in a URL": ("jwksUri: 'https://a@b.example/'", "invalid-jwks"),
    "a line break in a URL": ('jwksUri: "https://a.example/\\r\\nx: y"', "invalid-jwks"),
    "a port out of range": ("jwksUri: 'https://a.example:99999/'", "invalid-jwks"),
    "a header of no name": (f"{URI}, fromHeaders: [{{name: 'a b'}}]", "invalid-header"),
    "a header without name": (f"{URI}, fromHeaders: [{{prefix: a}}]", "missing-field"),
    "a prefix with a line break": (
        f'{URI}, fromHeaders: [{{name: a, prefix: "b\\n"}}]',
        "invalid-header",
    ),
    "a parameter of no name": (f"{URI}, fromParams: ['a=b']", "invalid-header"),
    "a cookie of no name": (f"{URI}, fromCookies: ['a;b']", "invalid-header"),
    "a claim without header": (f"{URI}, outputClaimToHeaders: [{{claim: a}}]", "missing-field"),
    "a header without claim": (f"{URI}, outputClaimToHeaders: [{{header: a}}]", "missing-field"),
    "a pseudo-header": (f"{URI}, outputPayloadToHeader: ':path'", "invalid-header"),
    "a header of HTTP's own": (
        f"{URI}, outputClaimToHeaders: [{{header: Host, claim: a}}]",
        "invalid-header",
    ),
    "the header that it is read from": (
        f"{URI}, outputPayloadToHeader: Authorization",
        "invalid-header",
    ),
    "the header of its cookie": (
        f"{URI}, fromCookies: [a], outputPayloadToHeader: cookie",
        "invalid-header",
    ),
    "a duration finer than Istio's": (f"{URI}, timeout: 1ns", "out-of-range"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_an_object_that_is_wrong_is_refused(name: str) -> None:
    """As a whole: with half of its rules it would refuse what it should take."""
    text, code = BROKEN[name]
    result = said(text)
    assert refused(result)
    assert codes(result.findings, Severity.ERROR) == [code]


REMARKS = {
    "keys fetched in plaintext": ("jwksUri: 'http://a.example/'", "plaintext-jwks"),
    "an issuer in plaintext": ("issuer: 'http://a.example'", "plaintext-jwks"),
    "an issuer without keys": ("issuer: me", "invalid-jwks"),
    "a key for encryption": (
        f"jwks: {json.dumps(key_set(SIGNER.jwk(), SIGNER.jwk(use='enc')))}",
        "invalid-jwks",
    ),
    "a symmetric key": (
        f"jwks: {json.dumps(key_set({'kty': 'oct', 'k': encoded(bytes(32))}))}",
        "invalid-jwks",
    ),
    "a private key": (f"jwks: {json.dumps(key_set(SIGNER.jwk(d='x')))}", "invalid-jwks"),
    "an issuer again": (f"{URI}}}, {{issuer: me, {URI}", "duplicate-issuer"),
}


@pytest.mark.parametrize("name", REMARKS)
def test_what_is_risky_is_told(name: str) -> None:
    """And used as it is written."""
    text, code = REMARKS[name]
    result = said(text)
    assert codes(result.findings) == [code]
    assert rule_of(result).issuer in ("me", "http://a.example")


def test_it_may_be_for_the_workloads_of_an_object() -> None:
    """By targetRefs, instead of a selector."""
    target = "{group: gateway.networking.k8s.io, kind: Gateway, name: front}"
    result = said(URI, more=f"targetRefs: [{target}]")
    assert result.findings == ()
    assert result.contribution is not None
    (policy,) = result.contribution.fragments
    assert isinstance(policy, WorkloadPolicy)
    assert policy.targets == (PolicyTarget("gateway.networking.k8s.io", "Gateway", "front"),)


def test_an_issuer_without_keys_has_none() -> None:
    """Its tokens are refused; nothing stands in for its keys."""
    rule = rule_of(said("issuer: me"))
    assert (rule.keys, rule.source) == ("", None)
