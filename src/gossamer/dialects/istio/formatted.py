"""Header values with Envoy's `%COMMAND(...)%` in them, which Istio hands through."""

from __future__ import annotations

import re

from gossamer.manifests.cursor import Cursor
from gossamer.manifests.manifest import Path, dotted, quoted

_COMMAND = re.compile(r"%(%|[A-Z0-9_]+(\([^)]*\))?(:\d+)?%)")


def check_formatted(fields: Cursor, field: Path, value: str) -> None:
    """Report a lone percent sign, which Envoy would take for the start of a command."""
    if "%" in _COMMAND.sub("", value):
        fields.report(
            f"{dotted((*fields.path, *field))} has {quoted(value)}, with a lone percent sign",
            "Envoy would refuse it",
            "Write %% for a percent sign",
            field=field,
            code="invalid-header",
        )
