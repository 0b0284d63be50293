"""`exact`, `prefix` or `regex`: Istio's way to compare a string."""

from __future__ import annotations

from gossamer.dialects.values.regex import check_regex
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.traffic.route import Compare, StringMatch

ANYTHING = "*"
"""As a regex it is none; Istio takes it for "is there"."""


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


def read_condition(fields: Fields) -> StringMatch | None:
    """The comparison of a header or parameter: `regex: "*"` asks for presence, too."""
    if fields.names() == ("regex",) and fields.value("regex") == ANYTHING:
        return StringMatch(Compare.PRESENT)
    condition = read_string_match(fields)
    check_prefix(fields, condition)
    return condition


def check_prefix(fields: Fields, condition: StringMatch | None) -> None:
    """Report a prefix that is empty where Envoy takes none."""
    if condition is not None and condition.compare is Compare.PREFIX and not condition.value:
        fields.report(
            f"{dotted((*fields.path, 'prefix'))} is empty",
            "Istio and Envoy refuse it: it is ambiguous which requests match",
            "Write the prefix that the value must have, or {} to require that it is present",
            field="prefix",
            code="unknown-match",
        )
