"""Header modifiers. Values are literal here: a percent sign is written so that Envoy takes it."""

from __future__ import annotations

from gossamer.dialects.values.header import check_header_name, check_header_value
from gossamer.manifests.fields import Fields
from gossamer.model.policies.headers import HeaderChange, Pairs


def read_header_change(stanza: Fields) -> HeaderChange:
    """One direction's changes; errors are reported in the stanza."""
    removed = stanza.strings("remove")
    for at, name in enumerate(removed):
        check_header_name(stanza, ("remove", at), name)
    return HeaderChange(_pairs(stanza, "set"), _pairs(stanza, "add"), removed)


def _pairs(stanza: Fields, which: str) -> Pairs:
    """Names and values; of several on one name the first counts, as the specification says."""
    found: dict[str, tuple[str, str]] = {}
    for item in stanza.each(which):
        name = item.string("name", required=True) or ""
        value = item.string("value", required=True) or ""
        check_header_name(item, "name", name)
        check_header_value(item, "value", value)
        found.setdefault(name.lower(), (name, value.replace("%", "%%")))
    return tuple(found.values())
