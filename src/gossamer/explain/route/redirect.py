"""The Location that a redirect answers with. Source: Envoy's RedirectAction."""

from __future__ import annotations

from collections.abc import Mapping

from envoy.config.route.v3.route_components_pb2 import RedirectAction, Route

from gossamer.explain.route.request import ExplainedRequest
from gossamer.explain.walk.path import rewritten

_Code = RedirectAction.RedirectResponseCode
STATUS: Mapping[RedirectAction.RedirectResponseCode.ValueType, int] = {
    _Code.MOVED_PERMANENTLY: 301,
    _Code.FOUND: 302,
    _Code.SEE_OTHER: 303,
    _Code.TEMPORARY_REDIRECT: 307,
    _Code.PERMANENT_REDIRECT: 308,
}
_USUAL = {"http": ":80", "https": ":443"}


def location(route: Route, request: ExplainedRequest) -> str:
    """Scheme, host and port as the redirect says, else the request's; its path and query."""
    action = route.redirect
    scheme = action.scheme_redirect or ("https" if action.https_redirect else request.scheme)
    port = f":{action.port_redirect}" if action.port_redirect else ""
    host = action.host_redirect or _host(request, scheme, port)
    return f"{scheme}://{host}{port}{_path(route, request)}"


def _host(request: ExplainedRequest, scheme: str, port: str) -> str:
    """The request's host; its port goes where another is named or the old scheme implied it."""
    bare, colon, number = request.authority.rpartition(":")
    if not colon or "]" in number:
        return request.authority
    implied = scheme != request.scheme and f":{number}" == _USUAL.get(request.scheme)
    return bare if port or implied else request.authority


def _path(route: Route, request: ExplainedRequest) -> str:
    action = route.redirect
    bare, mark, query = request.path.partition("?")
    kept = "" if action.strip_query else mark + query
    if action.path_redirect:
        return str(action.path_redirect + ("" if "?" in action.path_redirect else kept))
    return rewritten(action, route.match, bare + kept)


def to_https(request: ExplainedRequest) -> str:
    """Where a host that demands TLS sends plain HTTP."""
    return f"https://{request.authority}{request.path}"
