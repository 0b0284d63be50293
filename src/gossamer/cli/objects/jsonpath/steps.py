"""The steps of a path, each from the values before it to the values after it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Values: TypeAlias = Iterator[Any]


@dataclass(frozen=True, slots=True)
class Field:
    """`.name`: a field of an object."""

    name: str

    def of(self, value: Any) -> Values:
        if isinstance(value, Mapping) and self.name in value:
            yield value[self.name]


@dataclass(frozen=True, slots=True)
class Every:
    """`[*]` or `.*`."""

    def of(self, value: Any) -> Values:
        if isinstance(value, Mapping):
            yield from value.values()
        elif isinstance(value, list):
            yield from value


@dataclass(frozen=True, slots=True)
class Descend:
    """`..name`: that field at any depth."""

    name: str

    def of(self, value: Any) -> Values:
        yield from Field(self.name).of(value)
        for inner in Every().of(value):
            yield from self.of(inner)


@dataclass(frozen=True, slots=True)
class Slice:
    """`[2]`, `[-1]`, `[0:3]`, `[::2]`: items of a list."""

    part: slice

    def of(self, value: Any) -> Values:
        if isinstance(value, list):
            yield from value[self.part]


@dataclass(frozen=True, slots=True)
class Union:
    """`['a','b']` or `[0,2]`: all of several paths."""

    paths: tuple[tuple[Step, ...], ...]

    def of(self, value: Any) -> Values:
        for path in self.paths:
            yield from walk(path, value)


OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}


@dataclass(frozen=True, slots=True)
class Filter:
    """`[?(@.type=="Ready")]`; without a comparison, that the path leads anywhere."""

    path: tuple[Step, ...]
    compared: str = ""
    with_value: Any = None

    def of(self, value: Any) -> Values:
        if isinstance(value, list):
            yield from (item for item in value if self._fits(item))

    def _fits(self, item: Any) -> bool:
        reached = list(walk(self.path, item))
        if not self.compared or not reached:
            return bool(reached)
        try:
            return OPERATORS[self.compared](reached[0], self.with_value)
        except TypeError:
            return False


Step: TypeAlias = Field | Every | Descend | Slice | Union | Filter


def walk(path: Sequence[Step], value: Any) -> Values:
    """All values that a path leads to."""
    if not path:
        yield value
        return
    for inner in path[0].of(value):
        yield from walk(path[1:], inner)
