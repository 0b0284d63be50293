"""Regular expressions that Envoy would refuse, told to their author before they reach it.

Envoy speaks RE2. What RE2 lacks (look-around, back-references, odd escapes) is refused here by
name; the rest is judged by Python's own compiler after RE2's few words of its own are taken out.
"""

from __future__ import annotations

import re
import warnings

from gossamer.dialects.regex_cost import MOST_REPEATS, MOST_STEPS, cost_of
from gossamer.manifests.cursor import Cursor
from gossamer.manifests.manifest import Path, dotted, quoted

LONGEST = 1024
_LITERAL = re.compile(r"\\Q.*?(\\E|\Z)", re.DOTALL)
_ESCAPE = re.compile(r"\\(.?)", re.DOTALL)
_KNOWN_ESCAPE = re.compile(r"[aftnrvdDsSwWbBAzECpPx0]|[^\x80-\U0010ffffa-zA-Z0-9]")
_LACKING = {
    "(?=": "look-ahead",
    "(?!": "look-ahead",
    "(?<=": "look-behind",
    "(?<!": "look-behind",
    "(?>": "atomic groups",
    "(?P=": "back-references",
    "(?(": "conditions",
    "(?#": "comments",
}
_POSSESSIVE = re.compile(r"[*+?}]\+")
_FLAGS = re.compile(r"\(\?([a-zA-Z-]+)[:)]")
_POSIX = re.compile(r"\[:\^?(\w+):\]")
_POSIX_NAMES = frozenset(
    (
        *("alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower"),
        *("print", "punct", "space", "upper", "word", "xdigit"),
    )
)
_GROUP = re.compile(r"\((?!\?)|\(\?P?<")
_BRACKETS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_REPEAT = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_OF_RE2 = (
    (re.compile(r"\\[pP](\{\^?[A-Z]\w*\}|[CLMNPSZ])|\\[zC]|\\x\{[0-9a-fA-F]+\}"), "P"),
    (re.compile(r"\\[dDsSwW]"), ","),
    (_POSIX, "a"),
    (re.compile(r"\(\?[imsU-]+\)"), ""),
    (re.compile(r"\(\?[imsU-]+:"), "(?:"),
    (re.compile(r"\(\?P?<[A-Za-z_]\w*>"), "("),
)


def fault_of(pattern: str) -> str | None:
    """Why Envoy would refuse the pattern; None when it is fine."""
    if len(pattern) > LONGEST:
        return f"it has {len(pattern)} characters, more than {LONGEST}"
    pattern = _LITERAL.sub("Q", pattern)
    return _lacking(pattern) or _refused_by_python(pattern) or _too_costly(pattern)


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


def _lacking(pattern: str) -> str | None:
    """What the pattern uses that RE2 lacks."""
    for escape in _ESCAPE.findall(pattern):
        if not _KNOWN_ESCAPE.fullmatch(escape):
            return f"RE2 has no escape \\{escape}, and no back-references"
    bare = _ESCAPE.sub("_", pattern)
    for sign, name in _LACKING.items():
        if sign in bare:
            return f"RE2 has no {name}, {sign}"
    if _POSSESSIVE.search(bare):
        return "RE2 has no possessive repetition"
    if any(set(flags) - set("imsU-") for flags in _FLAGS.findall(bare)):
        return "RE2 knows the flags i, m, s and U alone"
    if unknown := set(_POSIX.findall(bare)) - _POSIX_NAMES:
        return f"RE2 has no class {min(unknown)}"
    if any(int(number) > 1000 for pair in _REPEAT.findall(bare) for number in pair if number):
        return "RE2 repeats at most 1000 times"
    return None


def _too_costly(pattern: str) -> str | None:
    cost = cost_of(pattern)
    if cost.repeats > MOST_REPEATS:
        return f"its nested repetitions multiply to {cost.repeats}, more than {MOST_REPEATS}"
    if cost.steps > MOST_STEPS:
        return f"matching it would take a program of up to {cost.steps} steps, over {MOST_STEPS}"
    return None


def fault_of_replacement(pattern: str, replacement: str) -> str | None:
    """Why Envoy would refuse to put this in place of what a fine pattern matches."""
    groups = len(_GROUP.findall(_ESCAPE.sub("_", _BRACKETS.sub("_", pattern))))
    for sign in _ESCAPE.findall(replacement):
        if not (sign == "\\" or (sign.isascii() and sign.isdigit())):
            return f"\\{sign} stands for nothing there"
        if sign.isdigit() and int(sign) > groups:
            return f"\\{sign} names a group that the pattern does not have"
    return None


def _refused_by_python(pattern: str) -> str | None:
    for found, stand_in in _OF_RE2:
        pattern = found.sub(stand_in, pattern)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python may mean by [[ or && one day
            re.compile(pattern)
    except (re.error, OverflowError) as failure:
        return str(failure)
    except RecursionError:
        return "it is nested too deep"
    return None
