"""Header modifiers. Values are literal here: a percent sign is written so that Envoy takes it."""

from __future__ import annotations

from gossamer.dialects.values.header import check_header_name, check_header_value
from gossamer.manifests.fields import Fields
from gossamer.model.policies.headers import HeaderChange, Headers, Pairs


def read_request(stanza: Fields, _: str) -> Headers | None:
    """The changes on requests, None where there are none."""
    change = _change(stanza)
    return None if change == HeaderChange() else Headers(request=change)


def read_response(stanza: Fields, _: str) -> Headers | None:
    """The changes on answers, None where there are none."""
    change = _change(stanza)
    return None if change == HeaderChange() else Headers(response=change)


def join_headers(former: Headers, other: Headers) -> Headers:
    """One policy for both directions."""
    request = former.request if other.request == HeaderChange() else other.request
    response = former.response if other.response == HeaderChange() else other.response
    return Headers(request, response)


def _change(stanza: Fields) -> HeaderChange:
    """One direction's changes; errors are reported in the stanza."""
    removed = stanza.strings("remove")
    for at, name in enumerate(removed):
        check_header_name(stanza, ("remove", at), name)
    return HeaderChange(_pairs(stanza, "set"), _pairs(stanza, "add"), removed)


def _pairs(stanza: Fields, which: str) -> Pairs:
    """Names and values; of several on one name the first counts, as the specification says."""
    by_name: dict[str, tuple[str, str]] = {}
    for item in stanza.each(which):
        name = item.string("name", required=True) or ""
        value = item.string("value", required=True) or ""
        check_header_name(item, "name", name)
        check_header_value(item, "value", value)
        by_name.setdefault(name.lower(), (name, value.replace("%", "%%")))
    return tuple(by_name.values())
