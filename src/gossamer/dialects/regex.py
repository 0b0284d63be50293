"""Regular expressions that Envoy would refuse, told to their author before they reach it.

Envoy speaks RE2. What RE2 lacks (look-around, back-references) is refused here by name; the rest
is judged by Python's own compiler after RE2's few words of its own are taken out.
"""

from __future__ import annotations

import re

from gossamer.manifests.cursor import Cursor
from gossamer.manifests.manifest import Path, dotted, quoted

LONGEST = 1024
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_LACKING = {
    "(?=": "look-ahead",
    "(?!": "look-ahead",
    "(?<=": "look-behind",
    "(?<!": "look-behind",
    "(?>": "an atomic group",
    "(?P=": "a back-reference",
    "(?(": "a condition",
    "(?#": "a comment",
}
_POSSESSIVE = re.compile(r"[*+?}]\+")
_REFERENCE = re.compile(r"\\[1-9ZkgGXR]")
_REPEAT = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_OF_RE2 = (
    (re.compile(r"\\Q(.*?)(\\E|$)", re.DOTALL), "Q"),
    (re.compile(r"\\[pP](\{\^?\w+\}|\w)|\\[zC]|\\x\{[0-9a-fA-F]+\}"), "P"),
    (re.compile(r"\[:\^?\w+:\]"), "a"),
    (re.compile(r"\(\?[imsU-]+\)"), ""),
    (re.compile(r"\(\?[imsU-]+:"), "(?:"),
    (re.compile(r"\(\?P?<\w+>"), "("),
)


def fault_of(pattern: str) -> str | None:
    """Why Envoy would refuse the pattern; None when it is fine."""
    if len(pattern) > LONGEST:
        return f"it has {len(pattern)} characters, more than {LONGEST}"
    bare = _ESCAPED.sub("_", pattern)
    for sign, name in _LACKING.items():
        if sign in bare:
            return f"RE2 has no {name.removeprefix('a ').removeprefix('an ')} ({sign})"
    if _REFERENCE.search(pattern.replace("\\\\", "")):
        return "RE2 has no back-references and no such escape"
    if _POSSESSIVE.search(bare):
        return "RE2 has no possessive repetition"
    if any(int(number) > 1000 for pair in _REPEAT.findall(bare) for number in pair if number):
        return "RE2 repeats at most 1000 times"
    return _fault_of_python(pattern)


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


def _fault_of_python(pattern: str) -> str | None:
    for found, stand_in in _OF_RE2:
        pattern = found.sub(stand_in, pattern)
    try:
        re.compile(pattern)
    except (re.error, OverflowError) as failure:
        return str(failure)
    except RecursionError:
        return "it is nested too deep"
    return None
