"""Sending the caller elsewhere instead of forwarding."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from gossamer.model.policies.rewrite import PathRewrite


class RedirectPort(StrEnum):
    """Where a redirect's port comes from when no number is given."""

    FROM_REQUEST = "from-request"
    FROM_SCHEME = "from-scheme"


@dataclass(frozen=True, slots=True)
class Redirect:
    """The parts of the new URL that differ from the request's, and the status (301 to 308)."""

    WORD: ClassVar[str] = "redirect"

    status: int = 301
    scheme: str | None = None
    authority: str | None = None
    port: int | RedirectPort | None = None
    path: PathRewrite | None = None
