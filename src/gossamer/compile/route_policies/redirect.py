"""Redirects: the route answers with a new location."""

from __future__ import annotations

from typing import Any

from gossamer.compile.route_policies.rewrite import fill_path_rewrite
from gossamer.model.policies.redirect import Redirect, RedirectPort
from gossamer.model.policies.rewrite import Replace
from gossamer.model.route import Match

WELL_KNOWN = {"http": 80, "https": 443}


def apply_redirect(route: Any, redirect: Redirect, match: Match, port: int) -> None:
    """Answer with the redirect; `port` is the one that was called."""
    action = route.redirect
    action.response_code = _CODES[redirect.status]
    if redirect.scheme is not None:
        action.scheme_redirect = redirect.scheme
    if redirect.authority is not None:
        action.host_redirect = redirect.authority
    number = _port(redirect, port)
    if number is not None:
        action.port_redirect = number
    if redirect.path is not None and redirect.path.replace is Replace.FULL:
        action.path_redirect = redirect.path.value
    elif redirect.path is not None:
        fill_path_rewrite(action, redirect.path, match, "prefix_rewrite")


_CODES = {301: 0, 302: 1, 303: 2, 307: 3, 308: 4}  # RedirectAction.RedirectResponseCode


def _port(redirect: Redirect, called: int) -> int | None:
    """The port to name: none where the scheme says it and the host can bring no other along."""
    usual = WELL_KNOWN[redirect.scheme or ("https" if called == WELL_KNOWN["https"] else "http")]
    derived = {RedirectPort.FROM_REQUEST: called, RedirectPort.FROM_SCHEME: usual}
    named = derived[redirect.port] if isinstance(redirect.port, RedirectPort) else redirect.port
    bare = redirect.authority is not None or called in WELL_KNOWN.values()
    return None if named == usual and bare else named
