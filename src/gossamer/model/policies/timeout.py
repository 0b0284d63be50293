"""How long a request may take, retries included, and how long each try."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Timeout:
    """`request` bounds the whole, `backend_request` one try; zero means no bound."""

    WORD: ClassVar[str] = "timeout"

    request: timedelta | None = None
    backend_request: timedelta | None = None
