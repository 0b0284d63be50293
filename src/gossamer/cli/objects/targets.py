"""Which objects a person's words mean: `pods,svc`, `pod a b`, `deploy/web svc/db`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import click

from gossamer.cli.objects.kinds import ObjectKind, kinds_of


@dataclass(frozen=True, slots=True)
class Target:
    """Kinds that one word means, and the name asked for; None is every object."""

    word: str
    kinds: tuple[ObjectKind, ...]
    name: str | None = None

    def means(self, kind: ObjectKind) -> bool:
        return any((each.name, each.group) == (kind.name, kind.group) for each in self.kinds)


Beside = Callable[[], Iterable[ObjectKind]]
"""Finds the kinds that the mesh holds, where a word means none of those known here."""


def targets(words: Sequence[str], beside: Beside = tuple) -> tuple[Target, ...]:
    """Read KIND[,KIND] [NAME…] or KIND/NAME…; usage errors as kubectl has them."""
    with_slash = [text for text in words if "/" in text]
    if with_slash and len(with_slash) < len(words):
        raise click.UsageError("write KIND NAME..., or KIND/NAME for each; not both")
    if with_slash:
        return tuple(_slashed(text, beside) for text in words)
    kinds = [part for part in words[0].split(",") if part]
    names = words[1:]
    return tuple(
        Target(kind, kinds_of(kind, beside), name)
        for name in (*names,) or (None,)
        for kind in kinds
    )


def _slashed(text: str, beside: Beside) -> Target:
    kind, _, name = text.partition("/")
    if not kind or not name or "/" in name:
        raise click.UsageError(f"{text!r} names no object; write KIND/NAME, such as deploy/web")
    return Target(kind, kinds_of(kind, beside), name)
