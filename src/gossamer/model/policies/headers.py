"""Header changes on the request going out and on the response coming back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class HeaderChange:
    """`set` overwrites, `add` appends, `remove` takes away."""

    set: Pairs = ()
    add: Pairs = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Headers:
    """Changes for both directions. A `Host` or `:authority` in request.set rewrites the host."""

    WORD: ClassVar[str] = "headers"

    request: HeaderChange = HeaderChange()
    response: HeaderChange = HeaderChange()
