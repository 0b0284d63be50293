"""Origins: the place of each field that an explanation may want to point at.

A pattern is a dotted path in which `[]` stands for each item of a list and `*` for each field
of a mapping: `spec.http[].route[]`, `spec.http[].*`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gossamer.manifests.manifest import Manifest, Path, dotted
from gossamer.model.origin import Origin


def places(
    manifest: Manifest, patterns: Iterable[str], named: Iterable[tuple[str, Path]] = ()
) -> tuple[tuple[str, Origin], ...]:
    """The object itself, every field that a pattern finds, and the places of given names."""
    origins: dict[str, Origin] = {"": manifest.origin()}
    for pattern in patterns:
        for path in _walk(manifest.body, _steps(pattern), ()):
            origins.setdefault(dotted(path), manifest.origin(path))
    for name, path in named:
        origins.setdefault(name, manifest.origin(path))
    return tuple(origins.items())


def _steps(pattern: str) -> tuple[str, ...]:
    return tuple(pattern.replace("[]", ".[]").split("."))


def _walk(value: Any, steps: tuple[str, ...], path: Path) -> Iterator[Path]:
    if not steps:
        yield path
        return
    for key, inside in _inside(value, steps[0]):
        if inside is not None:
            yield from _walk(inside, steps[1:], (*path, key))


def _inside(value: Any, step: str) -> Iterable[tuple[str | int, Any]]:
    if step == "[]":
        return enumerate(value) if isinstance(value, tuple) else ()
    if not isinstance(value, Mapping):
        return ()
    return value.items() if step == "*" else ((step, value.get(step)),)
