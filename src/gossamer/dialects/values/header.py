"""Which texts may be header names and values."""

from __future__ import annotations

import re

from gossamer.manifests.cursor import Cursor
from gossamer.manifests.manifest import Path, dotted, quoted

_NAME = re.compile(r":?[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def check_header_name(fields: Cursor, field: str | Path, name: str) -> None:
    """Report a header name that HTTP does not allow."""
    if not _NAME.fullmatch(name):
        _tell(fields, field, name, "not a valid header name", "Use letters, digits and hyphens")


def check_header_value(fields: Cursor, field: str | Path, value: str) -> None:
    """Report a header value with control characters, or too long to be one."""
    if _CONTROL.search(value) or len(value.encode(errors="replace")) > 16_384:
        remedy = "Remove line breaks and control characters"
        _tell(fields, field, value, "not a valid header value", remedy)


def _tell(fields: Cursor, field: str | Path, text: str, what: str, remedy: str) -> None:
    step = field if isinstance(field, tuple) else (field,)
    fields.report(
        f"{dotted((*fields.path, *step))} has {quoted(text)}, which is {what}",
        "Envoy would refuse it",
        remedy,
        field=step,
        code="invalid-header",
    )
