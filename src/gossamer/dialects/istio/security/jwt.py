"""RequestAuthentication: whose tokens requests to a workload may carry, and where."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gossamer.dialects.istio.security.jwt_keys import read_keys
from gossamer.dialects.istio.values.duration import read_duration
from gossamer.dialects.istio.values.selector import read_selector
from gossamer.dialects.istio.values.targets import read_targets
from gossamer.dialects.reading import ObjectFragments
from gossamer.dialects.refusal import refused
from gossamer.dialects.values.header import check_header_name, check_header_value
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Manifest, Path, dotted, quoted
from gossamer.model.finding import Finding, Severity
from gossamer.model.policies import policies
from gossamer.model.policies.workload.jwt import (
    FETCH_TIME,
    USUAL_PLACES,
    Jwt,
    JwtRule,
    TokenHeader,
    TokenOutput,
    TokenPlaces,
)
from gossamer.model.workload.workload_policy import WorkloadPolicy

_OF_HTTP = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "te", "upgrade", "trailer"}
)
_PARAMETER = re.compile(r"[^\s&=#\x00-\x1f]{1,256}")
_COOKIE = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")


def read_request_authentication(
    manifest: Manifest, findings: list[Finding]
) -> ObjectFragments | None:
    """The issuers whose tokens are taken. Half of them would refuse the others' tokens."""
    with Fields(manifest, (), findings) as top:
        spec = top.child("spec")
        selector, targets = read_selector(spec.child("selector")), read_targets(spec)
        rules = tuple(_rule(stanza) for stanza in spec.each("jwtRules"))
        _tell_issuers_again(spec, rules)
        if refused(spec, "tokens would be taken or refused otherwise than intended"):
            return None
    policy = WorkloadPolicy(
        object=manifest.ref,
        namespace=manifest.namespace,
        selector=selector,
        policies=policies(Jwt(rules)),
        targets=targets,
    )
    return ObjectFragments((policy,))


def _rule(stanza: Fields) -> JwtRule:
    issuer = stanza.string("issuer", required=True) or ""
    keys, source = read_keys(stanza, issuer)
    rule = JwtRule(
        issuer=issuer,
        keys=keys,
        source=source,
        audiences=stanza.strings("audiences"),
        places=_places(stanza) or USUAL_PLACES,
        output=_output(stanza),
        spaced_claims=stanza.strings("spaceDelimitedClaims"),
        timeout=read_duration(stanza, "timeout") or FETCH_TIME,
    )
    _check_outputs(stanza, rule)
    return rule


def _places(stanza: Fields) -> TokenPlaces:
    headers = tuple(_header(each) for each in stanza.each("fromHeaders"))
    params = tuple(_named(stanza, "fromParams", _PARAMETER, "name of a query parameter"))
    cookies = tuple(_named(stanza, "fromCookies", _COOKIE, "name of a cookie"))
    return TokenPlaces(headers, params, cookies)


def _header(stanza: Fields) -> TokenHeader:
    name = stanza.string("name", required=True) or ""
    if name:
        check_header_name(stanza, "name", name)
    prefix = stanza.string("prefix", "")
    check_header_value(stanza, "prefix", prefix)
    return TokenHeader(name.lower(), prefix)


def _named(stanza: Fields, field: str, valid: re.Pattern[str], what: str) -> Iterator[str]:
    for at, name in enumerate(stanza.strings(field)):
        if not valid.fullmatch(name):
            _tell(stanza, (field, at), f"{quoted(name)}, which is not the {what}")
        yield name


def _output(stanza: Fields) -> TokenOutput:
    payload = stanza.string("outputPayloadToHeader", "").lower()
    if payload:
        _check_output(stanza, "outputPayloadToHeader", payload)
    return TokenOutput(
        forward=stanza.boolean("forwardOriginalToken", False),
        payload_header=payload,
        claim_headers=tuple(_claim_header(each) for each in stanza.each("outputClaimToHeaders")),
    )


def _claim_header(stanza: Fields) -> tuple[str, str]:
    header = (stanza.string("header", required=True) or "").lower()
    if header:
        _check_output(stanza, "header", header)
    return header, stanza.string("claim", required=True) or ""


def _check_output(stanza: Fields, field: str, name: str) -> None:
    check_header_name(stanza, field, name)
    if name.startswith(":") or name in _OF_HTTP:
        _tell(stanza, (field,), f"{quoted(name)}, which HTTP itself needs")


def _check_outputs(stanza: Fields, rule: JwtRule) -> None:
    """What a proxy writes is taken off callers' requests first; a token there would be, too."""
    taken = {each.name for each in rule.places.headers}
    if rule.places.cookies:
        taken.add("cookie")
    for name in rule.output.headers:
        if name in taken:
            stanza.report(
                f"{dotted(stanza.path)} takes tokens from the header {quoted(name)} and writes it",
                "every token there would be removed before it is checked",
                "Write the claims to a header of another name",
                code="invalid-header",
            )


def _tell(stanza: Fields, field: Path, what: str) -> None:
    stanza.report(
        f"{dotted((*stanza.path, *field))} has {what}",
        "Envoy would refuse it",
        "Choose another name",
        field=field,
        code="invalid-header",
    )


def _tell_issuers_again(spec: Fields, rules: tuple[JwtRule, ...]) -> None:
    seen: set[str] = set()
    for at, rule in enumerate(rules):
        if rule.issuer in seen:
            spec.report(
                f"{dotted((*spec.path, 'jwtRules', at))} is for the issuer {quoted(rule.issuer)} "
                "again",
                "a token of this issuer passes if any of its rules takes it",
                "Write one rule for each issuer, with all of its audiences",
                field=("jwtRules", at, "issuer"),
                severity=Severity.WARNING,
                code="duplicate-issuer",
            )
        seen.add(rule.issuer)
