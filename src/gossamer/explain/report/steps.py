"""The notebook of one walk: hops, losers, policies and places, in the order they are found."""

from __future__ import annotations

from collections.abc import Iterable

from gossamer.explain.report.explanation import AppliedPolicy, Hop, Lost
from gossamer.model.origin import Origin


class Steps:
    """It lives inside one `explain`, as a Reader lives inside one compilation."""

    def __init__(self) -> None:
        self._hops: list[Hop] = []
        self._lost: list[Lost] = []
        self._applied: dict[AppliedPolicy, None] = {}
        self._because: dict[Origin, None] = {}

    def hop(self, step: str, says: str, *because: Origin | None) -> None:
        """A step was taken, because of these places."""
        places = tuple(dict.fromkeys(place for place in because if place is not None))
        self._hops.append(Hop(step, says, places))
        self._because |= dict.fromkeys(places)

    def lost(self, shadowed: Iterable[Lost]) -> None:
        """These rules did not get the call."""
        self._lost.extend(shadowed)

    def applied(self, policy: str, says: str, place: Origin | None) -> None:
        """A policy holds."""
        self._applied[AppliedPolicy(policy, says, place)] = None
        if place is not None:
            self._because[place] = None

    @property
    def hops(self) -> tuple[Hop, ...]:
        """The steps so far."""
        return tuple(self._hops)

    @property
    def shadowed(self) -> tuple[Lost, ...]:
        """The rules that lost so far."""
        return tuple(self._lost)

    @property
    def policies(self) -> tuple[AppliedPolicy, ...]:
        """The policies that hold, once each."""
        return tuple(self._applied)

    @property
    def because(self) -> tuple[Origin, ...]:
        """Every deciding place, once each."""
        return tuple(self._because)
