"""Plain scalars of a flow collection that end with a colon, such as `[2001:db8::]`.

YAML 1.2 allows them and Kubernetes reads them; libyaml stops there. It names the place where it
stopped, so there, and on the rest of that line, they are put in quotes and the text is read again.
"""

from __future__ import annotations

import re
from typing import Any

_STOPPED = "found unexpected ':'"
_MORE = re.compile(r"(?<=[\[{,\s])([^\s\[\]{},\"'#&*!|>%@`-][^\s\[\]{},\"'#]*:)(?=[,\]}])")
_ENDS = (",", "]", "}")
_CHARACTERS = 8_000_000
"""How much text is read again at most, all tries together."""


def may_read_again(text: str, tries: int) -> bool:
    """Whether another try is within the bound: 160 for a file of 50 kB, 2 for the largest."""
    return tries * len(text) <= _CHARACTERS and tries < 200


def quoted_colons(text: str, error: Any) -> str | None:
    """The text with quotes where libyaml stopped; None where that was for another reason."""
    if error.problem != _STOPPED or error.context_mark is None:
        return None
    start, stop = error.context_mark.index, error.problem_mark.index + 1
    scalar = text[start:stop]
    if "\n" in scalar or not text.startswith(_ENDS, stop):
        return None
    end = text.find("\n", stop)
    line, rest = (text[stop:end], text[end:]) if end >= 0 else (text[stop:], "")
    unquoted = re.split("[\"'#]", line, maxsplit=1)[0]
    more = _MORE.sub(lambda match: f"'{match[1]}'", unquoted)
    return text[:start] + _quoted(scalar) + more + line[len(unquoted) :] + rest


def _quoted(scalar: str) -> str:
    doubled = scalar.replace("'", "''")
    return f"'{doubled}'"
