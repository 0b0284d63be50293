"""RequestRedirect: sending the caller elsewhere."""

from __future__ import annotations

from gossamer.dialects.gatewayapi.http_route.path_modifier import read_path_modifier
from gossamer.dialects.values.hostname import is_host, tell_bad_host
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.finding import Severity
from gossamer.model.policies.redirect import Redirect, RedirectPort

_ELSEWHERE = ("scheme", "hostname", "port", "path")
STATUSES = (301, 302, 303, 307, 308)


def read_redirect(stanza: Fields) -> Redirect:
    """The redirect; without a port it is the new scheme's own, else the one that was called."""
    status = stanza.integer("statusCode", 302)
    if status not in STATUSES:
        _tell_status(stanza, status)
    host = stanza.string("hostname")
    if host is not None and not is_host(host):
        tell_bad_host(stanza, "hostname", host)
    if not any(map(stanza.has, _ELSEWHERE)):
        _tell_round(stanza)
    scheme = stanza.one_of("scheme", ("http", "https"))
    implied = RedirectPort.FROM_SCHEME if scheme else RedirectPort.FROM_REQUEST
    return Redirect(
        status=status,
        scheme=scheme,
        authority=host,
        port=stanza.port("port") or implied,
        path=read_path_modifier(stanza),
    )


def _tell_round(stanza: Fields) -> None:
    stanza.report(
        f"{dotted(stanza.path)} does not change the request's address",
        "clients are redirected to the same address in an endless loop",
        f"Set one of {', '.join(_ELSEWHERE)}",
        severity=Severity.WARNING,
        code="missing-field",
    )


def _tell_status(stanza: Fields, status: int) -> None:
    stanza.report(
        f"{dotted((*stanza.path, 'statusCode'))} is {status}, which is not a redirect status",
        "clients would not follow it",
        f"Write one of {', '.join(map(str, STATUSES))}",
        field="statusCode",
        code="out-of-range",
    )
