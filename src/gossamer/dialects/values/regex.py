"""Regular expressions that Envoy would refuse, reported to their author before they reach it.

Envoy runs RE2, and so does this room: what its own compiler says decides, and the size of the
program that it makes is held against the limit that our bootstrap sets (re2.max_program_size),
with some room left, for Envoy's RE2 may be a little older or younger than this one. To Envoy every
byte is a character: its RE2 is told that patterns and texts are Latin-1.
"""

from __future__ import annotations

from typing import Any

import re2

from gossamer.manifests.cursor import Cursor
from gossamer.manifests.manifest import Path, dotted, quoted

LONGEST = 1024
MOST_STEPS = 30_000
_LACKING = {
    "(?=": "look-ahead",
    "(?!": "look-ahead",
    "(?<=": "look-behind",
    "(?<!": "look-behind",
    "(?>": "atomic groups",
    "(?#": "comments",
    **{f"\\{number}": "back-references" for number in range(1, 10)},
}
"""Common syntax that RE2 lacks, by the place where RE2 reports it."""


def fault_of(pattern: str) -> str | None:
    """Why Envoy would refuse the pattern; None when it is fine."""
    if not pattern:
        return "it is empty"
    if len(pattern) > LONGEST:
        return f"it has {len(pattern)} characters, more than {LONGEST}"
    try:
        steps = compiled(pattern).programsize
    except re2.error as error:
        return _words(error.args[0].decode(errors="replace"))
    if steps > MOST_STEPS:
        return f"matching it would take a program of {steps} instructions, over {MOST_STEPS}"
    return None


def compiled(pattern: str) -> Any:
    """The pattern for texts that are bytes. Raises re2.error where Envoy would refuse it."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    return re2.compile(pattern.encode(), options)


def _words(fault: str) -> str:
    what, _, where = fault.partition(": ")
    if where in _LACKING:
        return f"RE2 has no {_LACKING[where]}, {where}"
    return f"RE2 says {what}" + (f": {quoted(where)}" if where else "")


def check_regex(fields: Cursor, field: str | Path, pattern: str) -> None:
    """Report the pattern in that field if Envoy would refuse it."""
    fault = fault_of(pattern)
    if fault is not None:
        step = field if isinstance(field, tuple) else (field,)
        fields.report(
            f"{dotted((*fields.path, *step))} is {quoted(pattern)}: {fault}",
            "Envoy would refuse it",
            "Write the pattern in RE2's syntax (github.com/google/re2/wiki/Syntax)",
            field=step,
            code="invalid-regex",
        )


def fault_of_replacement(pattern: str, replacement: str) -> str | None:
    """Why Envoy would refuse to put this in place of what a fine pattern matches."""
    groups = compiled(pattern).groups
    signs = iter(replacement)
    for sign in signs:
        named = next(signs, "") if sign == "\\" else "\\"
        if not (named == "\\" or (named.isascii() and named.isdigit())):
            return f"\\{named} is not defined there"
        if named.isdigit() and int(named) > groups:
            return f"\\{named} names a group that the pattern does not have"
    return None
