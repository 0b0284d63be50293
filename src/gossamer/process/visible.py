"""Control characters shown instead of sent, for text that ends in a terminal or a log.

Names, values and file names come from other people, and a terminal obeys control characters: an
ESC could rewrite what was said above it, a bidi override show a name backwards.
"""

from __future__ import annotations

import re

UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)


def visible(text: str) -> str:
    """The text with its control characters shown: `\\x1b` for an escape, `\\u202e` for a bidi
    override. Newlines and tabs stay."""
    return UNSAFE.sub(lambda match: _shown(match[0]), text)


def one_line(text: object) -> str:
    """The same for what must stay on one line, so that nobody's value can feign a line of ours."""
    return visible(str(text)).replace("\n", "\\n")


def _shown(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
