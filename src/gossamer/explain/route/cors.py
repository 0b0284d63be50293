"""What the CORS filter does on a route. Source: Envoy's CORS filter.

It answers preflights (OPTIONS with Origin and Access-Control-Request-Method), and tells browsers
in the answer to any other request of an allowed origin that its page may read it.
"""

from __future__ import annotations

from collections.abc import Iterator

from envoy.extensions.filters.http.cors.v3.cors_pb2 import CorsPolicy

from gossamer.explain.report.explanation import HeaderOperations
from gossamer.explain.route.filter_effect import FilterEffect, FilterExplainer, LocalReply
from gossamer.explain.route.request import ExplainedRequest, Pairs
from gossamer.explain.route.text_match import string_matches

_ASKS = "access-control-request-"
_TELLS = "access-control-"


def explain_cors(policy: CorsPolicy, request: ExplainedRequest) -> FilterEffect | None:
    """What happens to a request that a browser marks as one of another site's page."""
    origin = request.first("origin")
    if not origin:
        return None
    allowed = _allows(policy, origin)
    if request.method == "OPTIONS" and request.first(f"{_ASKS}method"):
        return _preflight(policy, request, origin if allowed else "")
    if not allowed:
        return FilterEffect("cors", f"{origin} is not allowed: browsers keep the answer from it")
    pairs = tuple(_on_answer(policy, origin))
    return FilterEffect("cors", f"{origin} may read the answer", response=_set(pairs))


EXPLAINER = FilterExplainer(CorsPolicy, explain_cors)


def _preflight(policy: CorsPolicy, request: ExplainedRequest, allowed: str) -> FilterEffect:
    given = policy.forward_not_matching_preflights
    if not allowed and (given.value or not policy.HasField("forward_not_matching_preflights")):
        return FilterEffect("cors", "no origin that is allowed: the preflight goes on as it is")
    says = f"the proxy answers the preflight: {allowed or 'the origin'} may"
    pairs = tuple(_on_preflight(policy, request, allowed))
    answer = LocalReply(200)
    return FilterEffect("cors", says if allowed else f"{says} not", {}, answer, _set(pairs))


def _allows(policy: CorsPolicy, origin: str) -> bool:
    matches = policy.allow_origin_string_match
    return any(string_matches(each, "*") or string_matches(each, origin) for each in matches)


def _on_preflight(
    policy: CorsPolicy, request: ExplainedRequest, allowed: str
) -> Iterator[tuple[str, str]]:
    yield "allow-origin", allowed
    yield "allow-credentials", "true" if policy.allow_credentials.value else ""
    yield "allow-methods", _asked(policy.allow_methods, request, "method")
    yield "allow-headers", _asked(policy.allow_headers, request, "headers")
    yield "max-age", policy.max_age
    yield "expose-headers", policy.expose_headers if allowed else ""


def _on_answer(policy: CorsPolicy, origin: str) -> Iterator[tuple[str, str]]:
    yield "allow-origin", origin
    yield "allow-credentials", "true" if policy.allow_credentials.value else ""
    yield "expose-headers", policy.expose_headers


def _asked(allowed: str, request: ExplainedRequest, what: str) -> str:
    return request.first(f"{_ASKS}{what}") or "" if allowed == "*" else allowed


def _set(pairs: Pairs) -> HeaderOperations:
    return HeaderOperations(
        (), tuple((f"{_TELLS}{name}", value) for name, value in pairs if value), ()
    )
