"""What a field may hold: each `Expect` knows how to read one type and how to ask for it.

Reading is as strict as Kubernetes is: a number is no string and a string is no number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar

from gossamer.manifests.yaml.scalars import BareWord

T = TypeVar("T")

_PART = re.compile(r"(\d+\.?\d*|\.\d+)(h|ms|m|s|us|µs|μs|ns)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_LONGEST = 9_223_372_036.0  # seconds that fit Go's int64 nanoseconds


@dataclass(frozen=True, slots=True)
class Expect(Generic[T]):
    """One type of field. `read` gives the value, or None where it does not fit."""

    noun: str
    example: str
    read: Callable[[Any], T | None]


def parse_duration(text: str) -> timedelta | None:
    """Go's and Gateway API's durations: `1.5s`, `100ms`, `1h2m3s`, `0`; never negative."""
    if text == "0":
        return timedelta(0)
    if not text or len(text) > 64:
        return None
    seconds, at = 0.0, 0
    for part in _PART.finditer(text):
        if part.start() != at:
            return None
        unit = part[2].replace("µ", "u").replace("μ", "u")
        seconds, at = seconds + float(part[1]) * _SECONDS[unit], part.end()
    if at != len(text) or seconds > _LONGEST:
        return None
    return timedelta(microseconds=round(seconds * 1e6))


def _string(value: Any) -> str | None:
    return str(value) if isinstance(value, str) else None


def _integer(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) else None


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None


def _boolean(value: Any) -> bool | None:
    if isinstance(value, BareWord):
        return value.truth
    return value if isinstance(value, bool) else None


def _duration(value: Any) -> timedelta | None:
    return parse_duration(value) if isinstance(value, str) else None


def _integer_or_string(value: Any) -> int | str | None:
    return _string(value) if isinstance(value, str) else _integer(value)


def _mapping(value: Any) -> Mapping[str, Any] | None:
    return value if isinstance(value, Mapping) else None


def _sequence(value: Any) -> tuple[Any, ...] | None:
    return value if isinstance(value, tuple) else None


STRING: Expect[str] = Expect("a string", '"text"', _string)
WORD: Expect[str] = Expect("a word", "ENABLED", _string)
INTEGER: Expect[int] = Expect("a whole number", "8080", _integer)
NUMBER: Expect[float] = Expect("a number", "0.5", _number)
BOOLEAN: Expect[bool] = Expect("true or false", "true", _boolean)
DURATION: Expect[timedelta] = Expect("a duration", '"1.5s" or "100ms"', _duration)
INTEGER_OR_STRING: Expect[int | str] = Expect(
    "a number or a name", '8080 or "http"', _integer_or_string
)
MAPPING: Expect[Mapping[str, Any]] = Expect("a mapping", "key: value", _mapping)
SEQUENCE: Expect[tuple[Any, ...]] = Expect("a list", "- item", _sequence)
