"""Rewriting the path and the authority of a request on its way."""

from __future__ import annotations

import re
from typing import Any

from gossamer.model.policies.rewrite import PathRewrite, Replace, Rewrite
from gossamer.model.route import Compare, Match


def apply_rewrite(route: Any, rewrite: Rewrite, match: Match) -> None:
    """Set the new path, the new authority, or both."""
    if rewrite.authority is not None:
        route.route.host_rewrite_literal = rewrite.authority
    if rewrite.path is not None:
        fill_path_rewrite(route.route, rewrite.path, match, "prefix_rewrite")


def fill_path_rewrite(action: Any, path: PathRewrite, match: Match, prefix_field: str) -> None:
    """Set a new path on a RouteAction or RedirectAction.

    A prefix of whole segments is replaced by a regex where plain text would leave a double
    slash or glue two segments together.
    """
    if path.replace is Replace.PREFIX:
        setattr(action, prefix_field, path.value)
        return
    if path.replace is Replace.PATH_PREFIX and not _by_segments(path, match):
        setattr(action, prefix_field, path.value.rstrip("/"))
        return
    pattern, value = _pattern(path, match)
    action.regex_rewrite.pattern.regex = pattern
    action.regex_rewrite.substitution = value


def _by_segments(path: PathRewrite, match: Match) -> bool:
    return not path.value.rstrip("/") or not _matched_prefix(match)


def _matched_prefix(match: Match) -> str:
    return match.path.value.rstrip("/") if match.path is not None else ""


def _pattern(path: PathRewrite, match: Match) -> tuple[str, str]:
    if path.replace is Replace.REGEX:
        return path.pattern, path.value
    literal = path.value.replace("\\", "\\\\")
    if path.replace is Replace.FULL:
        return r"^/[^?]*", literal
    prefix = _matched_prefix(match)
    exact = match.path is not None and match.path.compare is Compare.EXACT
    if exact:
        return f"^{re.escape(prefix)}", literal or "/"
    return f"^{re.escape(prefix)}/*", literal.rstrip("/") + "/"
