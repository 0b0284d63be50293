"""Trying again: how often, on what, and how long each try may take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Retry:
    """`attempts` are tries after the first; 0 switches retrying off.

    `on` are Envoy's retry_on words, empty for the mesh's default; `statuses` are HTTP codes
    that are retried too. `backoff` is the base interval.
    """

    WORD: ClassVar[str] = "retry"

    attempts: int
    per_try: timedelta | None = None
    on: tuple[str, ...] = ()
    statuses: tuple[int, ...] = ()
    backoff: timedelta | None = None
