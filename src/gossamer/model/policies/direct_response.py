"""Answering at the proxy, with no backend."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DirectResponse:
    """A fixed status (200 to 599) and body."""

    status: int
    body: bytes = b""
