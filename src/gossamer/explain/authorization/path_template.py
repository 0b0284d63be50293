"""A path template as the pattern that Envoy makes of it: `*` is one segment, `**` any rest.

Source: Envoy's uri_template matcher.
"""

from __future__ import annotations

import re

_SIGNS = "a-zA-Z0-9-._~%!$&'()+,;:@="
_ONE, _REST = f"[{_SIGNS}]+", f"[{_SIGNS}/]*"
_PARTS = re.compile(r"\*\*|\*|\{[^{}]*\}|[^*{}]+")


def template_pattern(template: str) -> str:
    """The regular expression of a template; `{name}` is one segment, `{name=PARTS}` those parts."""
    return "".join(_pattern(part) for part in _PARTS.findall(template))


def _pattern(part: str) -> str:
    if part in ("*", "**"):
        return _ONE if part == "*" else _REST
    if part.startswith("{"):
        _, _, parts = part[1:-1].partition("=")
        return template_pattern(parts) if parts else _ONE
    return re.escape(part)
