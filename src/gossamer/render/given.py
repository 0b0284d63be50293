"""What a command is given, before any of it is read; cheap, since every command's help needs it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Inputs:
    """Paths as they are read, and folders with a kustomization.yaml to render."""

    paths: tuple[str, ...] = ()
    kustomized: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.paths or self.kustomized)


Given: TypeAlias = "Inputs | Iterable[str]"
