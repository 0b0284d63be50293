"""RE2 patterns as Envoy runs them: over the whole string to match, everywhere to replace.

Envoy's patterns are RE2; they are run here by Python's own engine after the few words that RE2
spells otherwise are translated. Where the two engines read one pattern differently (which no
pattern that our dialects let through is known to do) Envoy is right and this room is wrong.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping
from functools import lru_cache

_POSIX = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": "\\x00-\\x7f",
    "blank": "\\t ",
    "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": "!-/:-@\\[-`{-~",
    "space": "\\t\\n\\v\\f\\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_WORDS = re.compile(
    r"(?P<literal>\\Q.*?(?:\\E|\Z))"
    r"|(?P<end>\\z)"
    r"|(?P<hex>\\x\{[0-9a-fA-F]+\})"
    r"|(?P<escape>\\.)"
    r"|(?P<posix>\[:\^?\w+:\])"
    r"|(?P<named>\(\?<(?=[A-Za-z_]))"
    r"|(?P<flags>\(\?[imsU-]+\))",
    re.DOTALL,
)


class StrangePattern(ValueError):
    """A pattern that Python's engine cannot run, whatever RE2 makes of it."""


def matches_whole(pattern: str, text: str) -> bool:
    """Whether the pattern takes the whole text. Raises StrangePattern."""
    return compiled(pattern).fullmatch(text) is not None


def replace_all(pattern: str, substitution: str, text: str) -> str:
    """The text with every match replaced; `\\1` stands for a group. Raises StrangePattern.

    As in RE2, an empty match right behind another match is none.
    """
    found, made, at = compiled(pattern), "", 0
    last = -1
    for match in found.finditer(text):
        if match.end() == last == match.start():
            continue
        made += text[at : match.start()] + _filled(substitution, match)
        at = last = match.end()
    return made + text[at:]


def _filled(substitution: str, match: re.Match[str]) -> str:
    def one(escape: re.Match[str]) -> str:
        sign = escape[1]
        return (match[int(sign)] or "") if sign.isdigit() else sign

    return re.sub(r"\\(.)", one, substitution, flags=re.DOTALL)


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern for Python's engine. Raises StrangePattern."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python may mean by [[ or && one day
            return re.compile(translated(pattern), re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise StrangePattern(f"pattern {pattern[:80]!r}: {error}") from error


def translated(pattern: str) -> str:
    """The pattern in Python's spelling."""
    closing = 0
    made, at = "", 0
    for word in _WORDS.finditer(pattern):
        made += pattern[at : word.start()]
        at = word.end()
        if word.lastgroup == "flags" and word.start() > 0:
            # Python takes flags at the start alone; RE2 from where they stand to the group's end.
            made += word[0][:-1] + ":"
            closing += 1
        else:
            made += _SPELLED[word.lastgroup or ""](word[0])
    return made + pattern[at:] + ")" * closing


def _posix(word: str) -> str:
    name = word[2:-2].removeprefix("^")
    return _POSIX.get(name, word)


_SPELLED: Mapping[str, Callable[[str], str]] = {
    "literal": lambda word: re.escape(word[2:].removesuffix("\\E")),
    "end": lambda _: "\\Z",
    "hex": lambda word: re.escape(chr(int(word[3:-1], 16))),
    "escape": lambda word: word,
    "posix": _posix,
    "named": lambda _: "(?P<",
    "flags": lambda word: word.replace("U", "").replace("(?)", "").replace("(?-)", ""),
}
