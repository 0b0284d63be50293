"""Plain scalars as Kubernetes reads them (go-yaml's YAML 1.1), quoted ones as strings.

`010` is eight, `0x1F` 31, `1_000` a thousand, dates and `12:30` stay strings. The one liberty:
Kubernetes makes a boolean of `on`, `yes`, `y` and their opposites, wherever they stand, and then
refuses them where a string belongs. We keep them as a `BareWord`: it is the boolean where a boolean
belongs, the text (with a warning) elsewhere.
"""

from __future__ import annotations

import re
from typing import TypeAlias

Scalar: TypeAlias = str | int | float | bool | None

_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_RADIX = re.compile(
    r"(?P<sign>[-+]?)(?:0x(?P<hex>[0-9a-fA-F]+)|0b(?P<bin>[01]+)|0o?(?P<oct>[0-7]+))"
)
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_LARGEST = 2**64 - 1
_SMALLEST = -(2**63)
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_YES = frozenset(["y", "Y", "yes", "Yes", "YES", "on", "On", "ON"])
_NO = frozenset(["n", "N", "no", "No", "NO", "off", "Off", "OFF"])
_CONSTANTS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


class BareWord(str):
    """An unquoted word that YAML 1.1 takes for a boolean: on, off, yes, no, y, n."""

    __slots__ = ()

    @property
    def truth(self) -> bool:
        """What Kubernetes makes of it."""
        return self in _YES


class NotFinite(ValueError):
    """An infinity or not-a-number, which JSON and so Kubernetes cannot hold."""


def plain_scalar(text: str) -> Scalar:
    """The value of an unquoted scalar. Raises NotFinite for `.inf` and `.nan`."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text in _YES or text in _NO:
        return BareWord(text)
    if text[0] not in "+-.0123456789":
        return text
    if _NOT_FINITE.fullmatch(text):
        raise NotFinite(text)
    return _number(text)


def _number(text: str) -> Scalar:
    digits = text.replace("_", "")
    if radix := _RADIX.fullmatch(digits):
        return _in_radix(radix, text)
    if len(digits) <= 20 and _DECIMAL.fullmatch(digits):
        value = int(digits)
        return value if _SMALLEST <= value <= _LARGEST else float(digits)
    if _FLOAT.fullmatch(digits):
        number = float(digits)
        return text if number in (float("inf"), float("-inf")) else number
    return text


def _in_radix(match: re.Match[str], text: str) -> Scalar:
    for name, base in (("hex", 16), ("bin", 2), ("oct", 8)):
        if (digits := match[name]) is not None:
            value = int(match["sign"] + digits, base) if len(digits) <= 64 else _LARGEST + 1
            return value if _SMALLEST <= value <= _LARGEST else text
    return text
