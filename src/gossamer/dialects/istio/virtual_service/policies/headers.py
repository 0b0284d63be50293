"""`headers`: changes on the request going out and on the response coming back."""

from __future__ import annotations

from gossamer.dialects.istio.values.formatted import check_formatted
from gossamer.dialects.refusal import left_out
from gossamer.dialects.values.header import check_header_name, check_header_value
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.policies.headers import HeaderChange, Headers, Pairs


def read_headers(stanza: Fields) -> Headers | None:
    """The changes of a rule or of one destination; left out whole when any of it is wrong."""
    if not stanza:
        return None
    request, response = _change(stanza.child("request")), _change(stanza.child("response"))
    if left_out(stanza, "headers are not changed"):
        return None
    headers = Headers(request, response)
    return None if headers == Headers() else headers


def _check_own(fields: Fields, field: tuple[str | int, ...], name: str, settable: bool) -> None:
    """Report what Envoy does not let anybody change: the authority may be set, on requests."""
    lowered = name.lower()
    if lowered.startswith(":") or lowered == "host":
        if settable and lowered in (":authority", "host"):
            return
        fields.report(
            f"{dotted((*fields.path, *field))} changes {name}, which is not an ordinary header",
            "Istio and Envoy refuse it",
            "Set :authority on requests only; for paths and methods use rewrite or match",
            field=field,
            code="invalid-header",
        )


def _change(fields: Fields) -> HeaderChange:
    removed = fields.strings("remove")
    for at, name in enumerate(removed):
        check_header_name(fields, ("remove", at), name)
        _check_own(fields, ("remove", at), name, False)
    return HeaderChange(_pairs(fields, "set"), _pairs(fields, "add"), removed)


def _pairs(fields: Fields, which: str) -> Pairs:
    pairs = fields.string_map(which)
    for name, value in pairs.items():
        check_header_name(fields, (which, name), name)
        _check_own(fields, (which, name), name, fields.path[-1] == "request")
        check_header_value(fields, (which, name), value)
        check_formatted(fields, (which, name), value)
    return tuple(pairs.items())
