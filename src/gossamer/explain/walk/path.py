"""Paths: how Envoy normalizes them, and how a route rewrites them.

Source: envoy's `normalize_path` (RFC 3986 with Chromium's reading of escapes), and
`prefix_rewrite` and `regex_rewrite` of RouteAction and RedirectAction.
"""

from __future__ import annotations

import re

from envoy.config.route.v3.route_components_pb2 import RedirectAction, RouteAction, RouteMatch
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2,
)

from gossamer.explain.route.pattern import replace_all

_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")
_SLASHES = {"%2f": "/", "%5c": "\\"}
_SLASH = re.compile("%2f|%5c", re.IGNORECASE)
_SEVERAL = re.compile("/+")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")


def arriving(manager: http_connection_manager_pb2.HttpConnectionManager, path: str) -> str:
    """The path as an HttpConnectionManager hands it to its routes; the query stays.

    As it says: escaped slashes undone, then dot segments resolved and needless escapes undone,
    then slashes in a row made one.
    """
    bare, mark, query = path.partition("?")
    if manager.path_with_escaped_slashes_action == manager.UNESCAPE_AND_FORWARD:
        bare = _SLASH.sub(lambda slash: _SLASHES[slash[0].lower()], bare)
    if manager.normalize_path.value:
        bare = _without_dots(_ESCAPE.sub(_unescaped, bare.replace("\\", "/")))
    if manager.merge_slashes:
        bare = _SEVERAL.sub("/", bare)
    return bare + mark + query


def _unescaped(escape: re.Match[str]) -> str:
    sign = chr(int(escape[1], 16))
    return sign if sign in _UNRESERVED else escape[0]


def _without_dots(path: str) -> str:
    kept: list[str] = []
    segments = path.split("/")[1:]
    for at, segment in enumerate(segments):
        last = at == len(segments) - 1
        if segment == "..":
            del kept[-1:]
        if segment in (".", ".."):
            kept += [""] if last else []
        else:
            kept.append(segment)
    return "/" + "/".join(kept)


def rewritten(action: RouteAction | RedirectAction, match: RouteMatch, path: str) -> str:
    """The path after a RouteAction's or RedirectAction's rewrite; the query stays."""
    bare, mark, query = path.partition("?")
    if action.HasField("regex_rewrite"):
        rewrite = action.regex_rewrite
        return replace_all(rewrite.pattern.regex, rewrite.substitution, bare) + mark + query
    if action.prefix_rewrite:
        return f"{action.prefix_rewrite}{bare[_matched(match, bare) :]}{mark}{query}"
    return path


def _matched(match: RouteMatch, path: str) -> int:
    """How much of the path the match took: its prefix, or all of it."""
    kind = match.WhichOneof("path_specifier")
    assert kind is not None, "Envoy demands a path specifier"
    return len(path) if kind in ("path", "safe_regex") else len(getattr(match, kind))
