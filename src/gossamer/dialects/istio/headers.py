"""`headers`: changes on the request going out and on the response coming back."""

from __future__ import annotations

from gossamer.dialects.header import check_header_name, check_header_value
from gossamer.dialects.istio.formatted import check_formatted
from gossamer.dialects.refusal import left_out
from gossamer.manifests.fields import Fields
from gossamer.model.policies.headers import HeaderChange, Headers, Pairs


def read_headers(stanza: Fields) -> Headers | None:
    """The changes of a rule or of one destination; left out whole when any of it is wrong."""
    if not stanza:
        return None
    request, response = _change(stanza.child("request")), _change(stanza.child("response"))
    if left_out(stanza, "headers pass as they come"):
        return None
    found = Headers(request, response)
    return None if found == Headers() else found


def _change(fields: Fields) -> HeaderChange:
    removed = fields.strings("remove")
    for at, name in enumerate(removed):
        check_header_name(fields, ("remove", at), name)
    return HeaderChange(_pairs(fields, "set"), _pairs(fields, "add"), removed)


def _pairs(fields: Fields, which: str) -> Pairs:
    found = fields.string_map(which)
    for name, value in found.items():
        check_header_name(fields, (which, name), name)
        check_header_value(fields, (which, name), value)
        check_formatted(fields, (which, name), value)
    return tuple(found.items())
