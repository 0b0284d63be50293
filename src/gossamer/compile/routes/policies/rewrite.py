"""Rewriting the path and the authority of a request on its way."""

from __future__ import annotations

import re

from envoy.config.route.v3.route_components_pb2 import RedirectAction, Route, RouteAction

from gossamer.model.policies.rewrite import PathRewrite, Replace, Rewrite
from gossamer.model.traffic.route import Compare, Match


def apply_rewrite(route: Route, rewrite: Rewrite, match: Match) -> None:
    """Set the new path, the new authority, or both."""
    if rewrite.authority is not None:
        route.route.host_rewrite_literal = rewrite.authority
    if rewrite.path is not None:
        fill_path_rewrite(route.route, rewrite.path, match, "prefix_rewrite")


def fill_path_rewrite(
    action: RouteAction | RedirectAction, path: PathRewrite, match: Match, prefix_field: str
) -> None:
    """Set a new path on a RouteAction or RedirectAction.

    Matched segments are replaced by a regex where plain text would leave a double slash or glue
    two segments together. Where no segments were matched there is nothing to replace.
    """
    match path.replace:
        case Replace.PREFIX:
            setattr(action, prefix_field, path.value)
        case Replace.FULL:
            _by_regex(action, r"^/[^?]*", _literal(path.value))
        case Replace.REGEX:
            _by_regex(action, path.pattern, path.value)
        case Replace.PATH_PREFIX if _matched_segments(match) is not None:
            _replace_segments(action, path.value, _matched_segments(match) or "", prefix_field)


def _matched_segments(match: Match) -> str | None:
    """The matched prefix without its last slash, empty for `/`; None where none was matched."""
    if match.path is None:
        return ""
    return match.path.value.rstrip("/") if match.path.compare is Compare.PATH_PREFIX else None


def _replace_segments(
    action: RouteAction | RedirectAction, value: str, matched: str, prefix_field: str
) -> None:
    value = value.rstrip("/")
    if value and matched:
        setattr(action, prefix_field, value)
    else:
        _by_regex(action, f"^{re.escape(matched)}/*", _literal(value) + "/")


def _by_regex(action: RouteAction | RedirectAction, pattern: str, substitution: str) -> None:
    action.regex_rewrite.pattern.regex = pattern
    action.regex_rewrite.substitution = substitution


def _literal(value: str) -> str:
    """The value as a substitution in which no backslash means a group."""
    return value.replace("\\", "\\\\")
