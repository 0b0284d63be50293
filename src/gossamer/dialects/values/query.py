"""Which texts may name a parameter of a query."""

from __future__ import annotations

from gossamer.manifests.cursor import Cursor
from gossamer.manifests.manifest import Path, dotted, quoted

LONGEST = 1024
"""Bytes. Source: Envoy's route.v3.QueryParameterMatcher."""


def check_query_name(fields: Cursor, field: Path, name: str) -> None:
    """Report a name that is empty or too long for Envoy."""
    if not 0 < len(name.encode(errors="replace")) <= LONGEST:
        fields.report(
            f"{dotted((*fields.path, *field))} names the parameter {quoted(name)}, "
            f"which is empty or longer than {LONGEST} bytes",
            "Envoy would refuse it",
            "Name the parameter as callers do",
            field=field,
            code="out-of-range",
        )
