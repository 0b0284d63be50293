"""Copying requests to another backend, whose answers are thrown away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class MirrorTarget:
    """A backend (as in `route.Backend`) and the percentage (0 to 100) copied to it."""

    host: str
    port: int | None = None
    subset: str = ""
    percent: float = 100.0


@dataclass(frozen=True, slots=True)
class Mirror:
    """One or several targets, each with its own percentage."""

    WORD: ClassVar[str] = "mirror"

    targets: tuple[MirrorTarget, ...]
