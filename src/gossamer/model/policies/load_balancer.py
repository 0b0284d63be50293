"""How one endpoint among many is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class Balance(StrEnum):
    """The simple choices; LEAST_REQUEST is the default."""

    ROUND_ROBIN = "ROUND_ROBIN"
    LEAST_REQUEST = "LEAST_REQUEST"
    RANDOM = "RANDOM"
    PASSTHROUGH = "PASSTHROUGH"


@dataclass(frozen=True, slots=True)
class LoadBalancer:
    """A simple load balancer."""

    WORD: ClassVar[str] = "load_balancer"

    balance: Balance
