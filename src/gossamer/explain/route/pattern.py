"""RE2 patterns as Envoy runs them: over the whole string to match, everywhere to replace.

RE2 takes time in proportion to the text, whatever the pattern: no call that somebody asks about
can hold the one who explains it. What stands in a compiled configuration is valid, for the
dialects asked RE2 as well.
"""

from __future__ import annotations

import re

from gossamer.dialects.values.regex import compiled


def matches_whole(pattern: str, text: str) -> bool:
    """Whether the pattern takes the whole text."""
    return compiled(pattern).fullmatch(_bytes(text)) is not None


def replace_all(pattern: str, substitution: str, text: str) -> str:
    """The text with every match replaced; `\\1` stands for a group.

    As in RE2's GlobalReplace, an empty match right behind another match is none.
    """
    raw, replaced, at, last = _bytes(text), b"", 0, -1
    for match in compiled(pattern).finditer(raw):
        if match.end() == last == match.start():
            continue
        replaced += raw[at : match.start()] + _filled(_bytes(substitution), match)
        at = last = match.end()
    return (replaced + raw[at:]).decode(errors="surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")


def _filled(substitution: bytes, match: re.Match[bytes]) -> bytes:
    def one(escape: re.Match[bytes]) -> bytes:
        sign = escape[1]
        return (match[int(sign)] or b"") if sign.isdigit() else sign

    return re.sub(rb"\\(.)", one, substitution, flags=re.DOTALL)
