"""CORS: which sites' pages may read the answers of a rule. Source: HTTPCORSFilter (GEP-1767).

A preflight of an origin that is not allowed is answered, and given no leave: it never reaches the
backend. Browsers keep what a preflight told them for five seconds where nothing is set.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from gossamer.dialects.values.cross_origin import ANY, check_cors, check_names, tell_bad_origin
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.policies.cors import Cors
from gossamer.model.traffic.route import Compare, StringMatch

_ORIGIN = re.compile(
    r"(?P<scheme>https?)://(?P<host>(\*\.)?([a-zA-Z0-9-]+\.)*[a-zA-Z0-9-]+|\*)(:(?P<port>\d{1,5}))?"
)
_USUAL = {"http": "80", "https": "443"}
_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", ANY)
_LONGEST = 2**31 - 1
DEFAULT_AGE = 5


def read_cors(stanza: Fields, _: str) -> Cors:
    """The policy; errors are reported in the stanza."""
    cors = Cors(
        origins=tuple(_origins(stanza)),
        methods=_methods(stanza),
        headers=_names(stanza, "allowHeaders"),
        exposed=_names(stanza, "exposeHeaders"),
        max_age=timedelta(seconds=stanza.integer("maxAge", DEFAULT_AGE, low=1, high=_LONGEST)),
        credentials=stanza.boolean("allowCredentials", False),
    )
    check_cors(stanza, cors, "allowOrigins")
    return cors


def _origins(stanza: Fields) -> Iterator[StringMatch]:
    for at, text in enumerate(stanza.strings("allowOrigins")):
        parts = _ORIGIN.fullmatch(text)
        if text == ANY:
            yield StringMatch(Compare.EXACT, ANY)
        elif parts is None or not int(parts["port"] or 80) <= 65535:
            tell_bad_origin(stanza, ("allowOrigins", at), text)
        else:
            yield _match(parts["scheme"], parts["host"].lower(), parts["port"])


def _match(scheme: str, host: str, port: str | None) -> StringMatch:
    """As browsers write it: no port where it is the scheme's own. A `*` takes any labels."""
    end = "" if port in (None, _USUAL[scheme]) else f":{port}"
    if not host.startswith(ANY):
        return StringMatch(Compare.EXACT, f"{scheme}://{host}{end}")
    return StringMatch(Compare.REGEX, f"{scheme}://[^:/]+{re.escape(host[1:])}{end}")


def _methods(stanza: Fields) -> tuple[str, ...]:
    methods = stanza.strings("allowMethods")
    for at, method in enumerate(methods):
        if method not in _METHODS:
            _tell_method(stanza, at, f"is not one of {', '.join(_METHODS)}")
        elif method == ANY and len(methods) > 1:
            _tell_method(stanza, at, "stands for all methods, and others stand beside it")
    return methods


def _names(stanza: Fields, field: str) -> tuple[str, ...]:
    names = stanza.strings(field)
    check_names(stanza, field, tuple(name for name in names if name != ANY))
    return names


def _tell_method(stanza: Fields, at: int, what: str) -> None:
    stanza.report(
        f"{dotted((*stanza.path, 'allowMethods', at))} {what}",
        "the API server refuses the object",
        "Write methods in capitals, such as GET, or * alone",
        field=("allowMethods", at),
        code="unknown-value",
    )
