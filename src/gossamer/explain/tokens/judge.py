"""What the filter of tokens does with a request: Envoy's JwtAuthentication, rule by rule.

Signatures are checked by the very keys that the proxy holds. The one thing that is not asked is
what time it is: `exp` and `nbf` are told instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from envoy.extensions.filters.http.jwt_authn.v3.config_pb2 import (
    JwtAuthentication,
    JwtProvider,
    JwtRequirement,
)

from gossamer.explain.route.request import ExplainedRequest
from gossamer.explain.route.route_match import header_matches
from gossamer.explain.tokens.places import TokenFound, tokens_of
from gossamer.explain.tokens.signature import why_not_signed
from gossamer.explain.tokens.token import Token, read_token

_MISSING = "there is no token"
_AMBIGUOUS = (
    "the request may carry several tokens, one without the kid that its issuer's several keys "
    "demand, or one that another reader takes differently (two values, a scheme in other letters)"
)
REFUSED, FORBIDDEN = 401, 403
"""Envoy's answers: to a token that is not valid, and to one for another audience."""


@dataclass(frozen=True, slots=True)
class TokenJudgement:
    """What becomes of a request: with a `status` it ends there.

    `provider` is the rule that took its token or refused it, as the filter names it.
    """

    request: ExplainedRequest
    says: str = ""
    status: int | None = None
    provider: str = ""


def judge_tokens(config: JwtAuthentication, request: ExplainedRequest) -> TokenJudgement:
    """The judgement of the first rule that takes the request; none means that it passes."""
    for rule in config.rules:
        matchers = rule.match.headers
        if all(header_matches(each, request.header(each.name)) for each in matchers):
            if matchers:
                return TokenJudgement(request, _AMBIGUOUS, REFUSED)
            return _required(config, rule.requires, request)
    return TokenJudgement(request)


def _required(
    config: JwtAuthentication, wanted: JwtRequirement, request: ExplainedRequest
) -> TokenJudgement:
    kind = wanted.WhichOneof("requires_type")
    if kind == "requires_all":
        judgement = TokenJudgement(request)
        for each in wanted.requires_all.requirements:
            further = _required(config, each, judgement.request)
            judgement = further if further.says else replace(judgement, request=further.request)
            if judgement.status is not None:
                break
        return judgement
    if kind == "requires_any":
        return _any(config, wanted, request)
    return _provided(config, wanted.provider_name, request)


def _any(
    config: JwtAuthentication, wanted: JwtRequirement, request: ExplainedRequest
) -> TokenJudgement:
    """The first that is met; with none of them a request without a token passes."""
    worst: TokenJudgement | None = None
    for each in wanted.requires_any.requirements:
        if each.WhichOneof("requires_type") == "allow_missing":
            continue
        judgement = _required(config, each, request)
        if judgement.status is None:
            return judgement
        request = judgement.request
        if judgement.says != _MISSING and (worst is None or judgement.provider):
            worst = judgement
    return TokenJudgement(request) if worst is None else replace(worst, request=request)


def _provided(config: JwtAuthentication, name: str, request: ExplainedRequest) -> TokenJudgement:
    provider = config.providers[name]
    request = _sanitized(provider, request)
    says = ""
    for each in list(tokens_of(provider, request)):
        token = read_token(each.text)
        status, why = _fault(provider, token)
        if token is None or why:
            mine = name if token is not None and token.issuer == provider.issuer else ""
            refusal = f"the token in {each.place} is refused: {why}"
            return TokenJudgement(request, refusal, status, mine)
        request = _passed(provider, each, token, request)
        says = (
            f"the token in {each.place} is of {provider.issuer} and valid, if it is used "
            f"{token.lifetime}"
        )
    if not says:
        return TokenJudgement(request, _MISSING, REFUSED)
    return TokenJudgement(request, says, None, name)


def _fault(provider: JwtProvider, token: Token | None) -> tuple[int, str]:
    """How a token is answered and why; the reason is empty where it is valid."""
    if token is None:
        return REFUSED, "it is not a JSON Web Token"
    if token.issuer != provider.issuer:
        return REFUSED, f"no rule for this place is for its issuer, {token.issuer[:100]!r}"
    if not isinstance(token.claims.get("exp"), int | float):
        return REFUSED, "it has no exp, so it would hold for ever"
    if provider.audiences and not _meant(provider, token):
        named = ", ".join(token.audiences)[:100] or "nobody"
        return FORBIDDEN, f"it is for {named}, not for {', '.join(provider.audiences)}"
    if not provider.HasField("local_jwks"):
        return REFUSED, "the keys of its issuer are not known"
    return REFUSED, why_not_signed(token, provider.local_jwks.inline_string) or ""


def _meant(provider: JwtProvider, token: Token) -> bool:
    """Envoy compares audiences without scheme and last slash."""
    return bool({_bare(each) for each in provider.audiences} & set(map(_bare, token.audiences)))


def _bare(audience: str) -> str:
    for scheme in ("https://", "http://"):
        audience = audience.removeprefix(scheme)
    return audience.removesuffix("/")


def _sanitized(provider: JwtProvider, request: ExplainedRequest) -> ExplainedRequest:
    own = {each.header_name for each in provider.claim_to_headers}
    own.add(provider.forward_payload_header)
    return request.with_headers(tuple(each for each in request.headers if each[0] not in own))


def _passed(
    provider: JwtProvider, place: TokenFound, token: Token, request: ExplainedRequest
) -> ExplainedRequest:
    more = [
        (each.header_name, _text(token.claims, each.claim_name))
        for each in provider.claim_to_headers
    ]
    if provider.forward_payload_header:
        more.insert(0, (provider.forward_payload_header, token.payload))
    if not provider.forward:
        request = place.taken_out(request)
    written = tuple((name, value) for name, value in more if value)
    return replace(
        request, headers=(*request.headers, *written), claims=_normalized(provider, token)
    )


def _text(claims: Mapping[str, object], name: str) -> str:
    value: Any = claims
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else ""


def _normalized(provider: JwtProvider, token: Token) -> Mapping[str, object]:
    """The claims, those that are lists of words as lists."""
    spaced = provider.normalize_payload_in_metadata.space_delimited_claims
    claims = dict(token.claims)
    for name in spaced:
        words = claims.get(name)
        if isinstance(words, str):
            claims[name] = words.split(" ")
    return claims
