"""Answering at the proxy, with no backend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class DirectResponse:
    """A fixed status (200 to 599) and body."""

    WORD: ClassVar[str] = "direct_response"

    status: int
    body: bytes = b""
