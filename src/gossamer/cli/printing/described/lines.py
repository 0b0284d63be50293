"""Names and values in two columns, with blocks below a name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Pairs = Sequence[tuple[str, Any]]
NONE = "<none>"


def paired(pairs: Pairs, indent: int = 0) -> Iterator[str]:
    """`Name:  value`, the values in one column; what is empty shows as `<none>`."""
    width = max((len(name) for name, _ in pairs), default=0) + 3
    for name, value in pairs:
        shown = NONE if value in (None, "", (), [], {}) else str(value)
        first, *more = shown.split("\n")
        yield f"{' ' * indent}{name + ':':<{width}}{first}"
        yield from (" " * (indent + width) + line for line in more)


def block(name: str, lines: Iterable[str], indent: int = 0) -> Iterator[str]:
    """A name on a line of its own, and lines below it, two further in."""
    yield f"{' ' * indent}{name}:"
    yield from (f"{' ' * (indent + 2)}{line}" for line in lines)


def mapped(values: Mapping[str, Any]) -> str:
    """One `key=value` a line."""
    return "\n".join(f"{key}={value}" for key, value in sorted(values.items()))
