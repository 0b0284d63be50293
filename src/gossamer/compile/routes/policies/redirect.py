"""Redirects: the route answers with a new location."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from envoy.config.route.v3.route_components_pb2 import RedirectAction, Route

from gossamer.compile.routes.policies.rewrite import fill_path_rewrite
from gossamer.model.policies.redirect import Redirect, RedirectPort
from gossamer.model.policies.rewrite import Replace
from gossamer.model.traffic.route import Match

WELL_KNOWN = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Called:
    """What a redirected request called: its port, whether by TLS, its host where that is known."""

    port: int
    secured: bool = False
    host: str = ""

    @property
    def scheme(self) -> str:
        """What the new place keeps where the redirect names no scheme."""
        return "https" if self.secured or self.port == WELL_KNOWN["https"] else "http"


def apply_redirect(route: Route, redirect: Redirect, match: Match, called: Called) -> None:
    """Answer with the redirect."""
    action = route.redirect
    action.response_code = _CODES[redirect.status]
    if redirect.scheme is not None:
        action.scheme_redirect = redirect.scheme
    if redirect.authority is not None:
        action.host_redirect = redirect.authority
    number = _port(redirect, called)
    usual = WELL_KNOWN[redirect.scheme or called.scheme]
    if number == usual and called.host:
        action.host_redirect = called.host
    elif number is not None:
        action.port_redirect = number
    if redirect.path is not None and redirect.path.replace is Replace.FULL:
        action.path_redirect = redirect.path.value
    elif redirect.path is not None:
        fill_path_rewrite(action, redirect.path, match, "prefix_rewrite")


_Code = RedirectAction.RedirectResponseCode
_CODES: Mapping[int, RedirectAction.RedirectResponseCode.ValueType] = {
    301: _Code.MOVED_PERMANENTLY,
    302: _Code.FOUND,
    303: _Code.SEE_OTHER,
    307: _Code.TEMPORARY_REDIRECT,
    308: _Code.PERMANENT_REDIRECT,
}


def without_port(route: Route, called: Called) -> Route | None:
    """The same for requests whose host has no port, where the redirect names its scheme's own.

    Envoy takes no port off a host unless it writes another one. Nobody needs it where there is
    none to take off.
    """
    action = route.redirect
    if action.port_redirect != WELL_KNOWN[action.scheme_redirect or called.scheme]:
        return None
    bare = type(route)()
    bare.CopyFrom(route)
    bare.redirect.ClearField("port_redirect")
    bare.match.headers.add(name=":authority").string_match.safe_regex.regex = "[^:]+"
    return bare


def _port(redirect: Redirect, called: Called) -> int | None:
    """The port to name: none where the scheme says it and the host can bring no other along.

    The host of a request may bring another one than was called: the way in may be mapped.
    """
    usual = WELL_KNOWN[redirect.scheme or called.scheme]
    derived = {RedirectPort.FROM_REQUEST: called.port, RedirectPort.FROM_SCHEME: usual}
    named = derived[redirect.port] if isinstance(redirect.port, RedirectPort) else redirect.port
    return None if named == usual and redirect.authority is not None else named
