"""What the filter of tokens, which stands in front of authorization, tells of a request."""

from __future__ import annotations

from collections.abc import Iterable

from envoy.extensions.filters.http.jwt_authn.v3.config_pb2 import JwtAuthentication
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2,
)

from gossamer.contract.envoy_metadata import TOKEN_PAYLOAD, TOKENS
from gossamer.contract.extension_names import parse_extension
from gossamer.explain.authorization.attributes import ANY_HEADER, Metadata
from gossamer.explain.authorization.truth import Unknown
from gossamer.explain.report.proxy_config import ProxyConfig
from gossamer.explain.route.request import ExplainedRequest
from gossamer.explain.tokens.judge import TokenJudgement, judge_tokens
from gossamer.model.policies.workload.jwt import Jwt

_TOKEN = Unknown("the token of the request")


def judged_tokens(
    config: ProxyConfig,
    filters: Iterable[http_connection_manager_pb2.HttpFilter],
    request: ExplainedRequest,
    unknown: frozenset[str],
) -> tuple[TokenJudgement, Metadata]:
    """Whether the request's tokens pass, and what later filters learn of them; where no header
    is known, no token is."""
    rules = _rules(config, filters)
    if rules is None or not rules.rules:
        return TokenJudgement(request), {}
    if ANY_HEADER in unknown:
        return TokenJudgement(request), {TOKENS: _TOKEN}
    judgement = judge_tokens(rules, request)
    claims = judgement.request.claims
    return judgement, {TOKENS: {TOKEN_PAYLOAD: claims}} if claims else {}


def _rules(
    config: ProxyConfig, filters: Iterable[http_connection_manager_pb2.HttpFilter]
) -> JwtAuthentication | None:
    for each in filters:
        name = parse_extension(each.name) if each.HasField("config_discovery") else None
        if name is not None and name.word == Jwt.WORD:
            extension = config.extension(each.name)
            if extension is not None:
                return JwtAuthentication.FromString(extension.typed_config.value)
    return None
