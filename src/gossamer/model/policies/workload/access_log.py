"""Access logs: whether a proxy writes a line for each call, as its caller's or its receiver's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class AccessLogging:
    """Whether lines are written for calls that leave a workload (`client`, gateways too), and for
    those that arrive (`server`). None leaves it to what is said of more workloads."""

    WORD: ClassVar[str] = "access_log"

    client: bool | None = None
    server: bool | None = None
