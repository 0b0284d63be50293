"""Keys of token issuers as an observed source each: fetched again and again, each for itself.

A source that fails keeps its last good keys, and its age grows; one that never answered has none,
and tokens of its issuer are refused. Status and findings say so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from gossamer.model import tables
from gossamer.model.assembly.change import Change
from gossamer.model.finding import Finding, Severity
from gossamer.model.mesh import Mesh
from gossamer.model.observed import Observed
from gossamer.model.policies.workload.jwt import KeySource
from gossamer.plane.observed.observations import TOKEN_KEYS, Observations
from gossamer.plane.observed.token_keys.document import Ask, keys_at
from gossamer.plane.observed.token_keys.fetch import FetchFailed
from gossamer.plane.observed.token_keys.kept import KeptKeySets
from gossamer.plane.observed.token_keys.wanted import (
    MOST_SOURCES,
    KeyWish,
    KeyWishes,
    policies_of,
)
from gossamer.process.clock import Clock, backoff
from gossamer.process.event_log import EventLog

_AT_ONCE = 8
"""Fetches of one namespace, so that slow issuers of one take no turn of another."""

_AGAIN = (1.0, 2.0, 5.0, 10.0, 30.0)
_log = EventLog("gossamer.plane")


def source_name(source: KeySource) -> str:
    """The name of the observed source."""
    return f"{TOKEN_KEYS}{source}"


@dataclass(slots=True)
class TokenKeys:
    """Follows what the mesh's rules ask for; `touched` listens to its changes."""

    mesh: Callable[[], Mesh]
    observations: Observations
    kept: KeptKeySets
    ask: Ask
    refresh: timedelta
    wishes: KeyWishes = field(default_factory=KeyWishes)
    _following: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _turns: dict[str, asyncio.Semaphore] = field(default_factory=dict)

    def recall(self) -> Observed:
        """The last good keys of former lives, as old as they are."""
        changed: Observed = {}
        for kept in self.kept.all():
            changed = {**changed, **self._take(kept.source, kept.keys, kept.at)}
        return changed

    def touched(self, change: Change) -> None:
        """Rules may have changed: look at the wishes soon."""
        if self.wishes.touch(self.mesh(), change):
            self._changed.set()

    async def run(self, clock: Clock, entered: Callable[[Observed], None]) -> None:
        """For ever: a task for each source that is wished for, none for others."""
        self.touched(policies_of(self.mesh()))
        self._changed.set()
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                wishes = {name: each for name, each in self.wishes.all.items() if each.followed}
                self._leave(wishes, entered)
                self._refuse(each for each in self.wishes.all.values() if not each.followed)
                for name in wishes.keys() - self._following.keys():
                    self._following[name] = asyncio.create_task(self._follow(name, clock, entered))
        finally:
            for task in self._following.values():
                task.cancel()

    def _leave(self, wishes: dict[str, KeyWish], entered: Callable[[Observed], None]) -> None:
        """Forget the sources that no rule names any more."""
        wanted = {f"{TOKEN_KEYS}{name}" for name in wishes}
        gone = {name for name in self.observations.sources.latest if name.startswith(TOKEN_KEYS)}
        gone -= wanted
        for name in self._following.keys() - wishes.keys():
            self._following.pop(name).cancel()
        for kept in list(self.kept.all()) if gone else ():
            if source_name(kept.source) in gone:
                self.kept.forget(kept.source)
        for name in sorted(gone):
            entered(self.observations.drop(name))

    def _refuse(self, wishes: Iterable[KeyWish]) -> None:
        for wish in wishes:
            why = f"the namespace {wish.namespace} names more than {MOST_SOURCES} sources of keys"
            self._fail(wish, FetchFailed(why, "Name fewer, or write the keys into jwks"))

    async def _follow(self, name: str, clock: Clock, entered: Callable[[Observed], None]) -> None:
        waits = backoff(*_AGAIN)
        while (wish := self.wishes.all.get(name)) is not None:
            try:
                async with self._turns.setdefault(wish.namespace, asyncio.Semaphore(_AT_ONCE)):
                    keys = await keys_at(wish.source, wish.patience, self.ask)
            except FetchFailed as failure:
                if self._fail(wish, failure):
                    entered({})
                await clock.wait(next(waits))
                continue
            waits = backoff(*_AGAIN)
            entered(self._good(wish.source, keys.text, clock.now().timestamp()))
            await clock.wait(self.refresh.total_seconds())

    def _good(self, source: KeySource, keys: str, now: float) -> Observed:
        self.observations.mend(source_name(source))
        changed = self._take(source, keys, now)
        self.kept.keep(source, keys, now)
        if changed:
            _log.info("token-keys-known", source=str(source), bytes=len(keys))
        return changed

    def _take(self, source: KeySource, keys: str, at: float) -> Observed:
        lease = 3 * self.refresh.total_seconds()
        facts = {str(source): keys}
        return self.observations.take(source_name(source), tables.JWKS, facts, lease, at)

    def _fail(self, wish: KeyWish, failure: FetchFailed) -> bool:
        """Tell why; whether that is news."""
        name = source_name(wish.source)
        if not self.observations.knows(name):
            self.observations.take(name, tables.JWKS, {}, 0.0)
        known = bool(self.observations.sources.facts(name, tables.JWKS))
        findings = _unfetched(wish, failure, known, self.mesh())
        if not self.observations.fail(name, *findings):
            return False
        _log.warning("token-keys-unfetched", source=str(wish.source), reason=str(failure))
        return True


def _unfetched(wish: KeyWish, failure: FetchFailed, known: bool, mesh: Mesh) -> tuple[Finding, ...]:
    """The finding on each rule: its author may be another than the first one's."""
    effect = (
        "the last good keys stay in effect; tokens signed with newer ones are refused"
        if known
        else "tokens of this issuer are refused with 401 until its keys are known"
    )
    message = f"the keys at {wish.source} cannot be fetched: {failure}"
    severity = Severity.WARNING if known else Severity.ERROR
    return tuple(
        Finding(place, message, effect, failure.remedy, "unfetched-jwks", severity)
        for place in wish.places(mesh)
    )
