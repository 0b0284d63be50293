"""Who has an address of the mesh: a service, or one pod."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class ServiceHolder:
    """A service, whose virtual address it is."""

    host: str

    def __str__(self) -> str:
        return f"service {self.host}"


@dataclass(frozen=True, slots=True)
class PodHolder:
    """A pod `NS/NAME`, whose own address it is."""

    key: str

    def __str__(self) -> str:
        return f"pod {self.key}"


AddressHolder: TypeAlias = ServiceHolder | PodHolder
