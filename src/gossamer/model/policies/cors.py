"""Cross-origin resource sharing: pages of which sites a browser lets read a route's answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from gossamer.model.traffic.route import StringMatch


@dataclass(frozen=True, slots=True)
class Cors:
    """The allowed origins, and what is told to browsers of them.

    A preflight of an allowed origin is answered by the proxy. One of another origin is, too, with
    no leave given, or goes on to the backend (`forward_unmatched`). `*` among methods and headers
    stands for those that are asked for, among exposed headers for all.
    """

    WORD: ClassVar[str] = "cors"

    origins: tuple[StringMatch, ...] = ()
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    max_age: timedelta | None = None
    credentials: bool = False
    forward_unmatched: bool = False
