"""Rotations carried out: each step is written down, then taken, and the next one waits for all.

A plane that ends at any moment goes on with the step that its folder names. What a step does can
be done twice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from gossamer.identity.authority import Authority, BrokenAuthority
from gossamer.identity.plan import HOST_LIFETIME
from gossamer.identity.rotation.generations import Generations
from gossamer.identity.rotation.plan import (
    Rotation,
    RotationPhase,
    Waiting,
    advance,
    after_a_look,
    begin,
)
from gossamer.process.clock import Clock
from gossamer.process.event_log import EventLog

LOOK_SECONDS = 0.25
"""How often a rotation that waits looks again. Nothing is looked at while there is none."""

_log = EventLog("gossamer.plane")

Look = Callable[[Rotation, datetime], tuple[Waiting, ...]]
"""Who does not yet run what the present phase said, as of a moment."""


class RootRotation:
    """The authority's rotation, as the plane drives it."""

    def __init__(
        self,
        authority: Authority,
        generations: Generations,
        look: Look,
        stands: Callable[[], None],
        patience: timedelta = HOST_LIFETIME,
    ) -> None:
        """`stands` is called when the authority signs or believes otherwise than before;
        `patience` is how long a phase waits for the absent."""
        self._authority = authority
        self._generations = generations
        self._look = look
        self._stands = stands
        self.patience = max(patience, HOST_LIFETIME)
        self.state = generations.read()
        if self.state.generation:  # the last life may have ended before it came to that
            generations.forget(self.state.generation - 1)

    def begin(self, now: datetime, source: Path | None) -> None:
        """Begin a rotation, to a root of our own or to the issuer in `source`.

        Raises RotationUnderWay, and BrokenAuthority where that issuer cannot be used.
        """
        first = begin(self.state, now)
        self._generations.clear(first.next)
        if source is not None:
            self._generations.adopt(first.next, source)
        self._go_on(first)

    def force(self, now: datetime) -> tuple[Waiting, ...]:
        """End the present phase without those that it waits for; who they are."""
        if not self.state.waits:
            return ()
        left = self.waiting(now)
        self._go_on(advance(self.state, now, left))
        return left

    def waiting(self, now: datetime) -> tuple[Waiting, ...]:
        """Who is waited for now."""
        return self._look(self.state, now) if self.state.waits else ()

    def step(self, now: datetime) -> bool:
        """Take the next step if nobody stands in its way; whether one was taken."""
        state = self.state
        if state.phase is RotationPhase.DONE:
            return False
        if state.phase is RotationPhase.PREPARE:
            self._generations.issuer(state.next)
            following = advance(state, now)
        else:
            following = after_a_look(state, self._look(state, now), now, self.patience)
        if following is state:
            return False
        self._go_on(following)
        return True

    async def run(self, clock: Clock, took: Callable[[], None]) -> None:
        """Look for ever, and step; `took` is called after each step."""
        while True:
            if self._try(clock.now()):
                took()
            await clock.wait(LOOK_SECONDS)

    def _try(self, now: datetime) -> bool:
        """A step; a disk that refuses it is asked again."""
        try:
            return self.step(now)
        except (OSError, BrokenAuthority) as error:
            _log.warning("rotation-held-up", phase=self.state.phase, reason=str(error))
            return False

    def _go_on(self, following: Rotation) -> None:
        """Write the step down, then take it."""
        self._generations.write(following)
        if following.phase is RotationPhase.DONE:
            self._generations.forget(self.state.generation)
        self.state = following
        if following.phase is not RotationPhase.PREPARE:
            self._authority.standing = self._generations.standing(following)
            self._stands()
        _log.info(
            "rotation",
            phase=following.phase,
            generation=following.generation,
            left_behind=list(following.left_behind),
        )
