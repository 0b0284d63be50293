"""`exact`, `prefix` or `regex`: Istio's way to compare a string."""

from __future__ import annotations

from gossamer.dialects.regex import check_regex
from gossamer.manifests.fields import Fields
from gossamer.model.route import Compare, StringMatch


def read_string_match(fields: Fields, ignore_case: bool = False) -> StringMatch | None:
    """The comparison; an empty one asks for presence. None where there is an error."""
    if not fields:
        return None
    kind = fields.variant("exact", "prefix", "regex")
    if kind is None:
        fields.unknown()
        return None if fields.names() else StringMatch(Compare.PRESENT)
    value = fields.string(kind)
    if value is None or fields.failed:
        return None
    if kind == "regex":
        check_regex(fields, kind, value)
    return StringMatch(Compare(kind), value, ignore_case and kind != "regex")
