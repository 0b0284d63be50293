"""Quantities as Kubernetes writes them: `500m` of a CPU, `64Mi` of memory."""

from __future__ import annotations

import re
from fractions import Fraction

_QUANTITY = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?")
_POWERS = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_LARGEST_POWER = 30


def quantity(text: str) -> Fraction | None:
    """`500m`, `1.5`, `64Mi` or `1e3` as a number; None for what is not a quantity."""
    match = _QUANTITY.fullmatch(text)
    if match is None:
        return None
    number, suffix = Fraction(match[1]), match[2] or ""
    if suffix in _BINARY:
        return number * Fraction(1024 ** _BINARY[suffix])
    power = int(suffix[1:]) if suffix[:1] in ("e", "E") and suffix[1:] else _POWERS.get(suffix, 0)
    power = max(-_LARGEST_POWER, min(_LARGEST_POWER, power))
    scale = Fraction(10 ** abs(power))
    return number * scale if power >= 0 else number / scale
