"""Whom this host believes and who signs for it: asked of the plane again and again.

When the mesh exchanges its root, an agent hears of the next root before anything is signed under
it, and of another issuer later. It tells how far its host has followed, for which the plane waits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol, TypeVar

from msgspec import Struct

from gossamer.contract.rpc import TRUST
from gossamer.identity.join import Join
from gossamer.identity.keys import issued_by, issued_under
from gossamer.identity.rotation.spread import due_at
from gossamer.identity.shapes import TrustNow, TrustReport
from gossamer.identity.trust_bundle import BadBundle, digest_of, mesh_bundle
from gossamer.process.clock import Clock
from gossamer.process.event_log import EventLog

CALM_SECONDS, QUICK_SECONDS = 5.0, 1.0
"""How often the plane is asked: while nothing happens, and in a rotation, whose phases wait for it.
An answer is two kilobytes."""

QUICK_FOR = timedelta(minutes=1)
"""How long an agent that heard of something new asks quickly: the next phase follows soon."""

NEVER = datetime.max.replace(tzinfo=UTC)
AT_ONCE = datetime.min.replace(tzinfo=UTC)

Replied = TypeVar("Replied")

log = EventLog("gossamer.agent")

_is_of = lru_cache(maxsize=4096)(issued_by)
_is_under = lru_cache(maxsize=4096)(issued_under)


class PlaneAway(Exception):
    """The plane did not answer a call, or refused it."""


@dataclass(frozen=True, slots=True)
class Trust:
    """The roots to believe and the certificate that signs (PEM; empty until the plane names it),
    since when it is known, and within how many seconds what others signed is renewed."""

    roots: str
    issuer: str = ""
    since: datetime = NEVER
    window_s: float = 0.0

    def signed(self, chain: str) -> bool:
        """Whether a chain is of who signs now, as far as that is known."""
        return not self.issuer or _is_of(chain, self.issuer)

    def renewal(self, whose: str, chain: str) -> datetime:
        """When a chain must be renewed because another issuer signs now; NEVER if it need not."""
        if not _is_under(chain, self.roots):
            return AT_ONCE
        if self.signed(chain):
            return NEVER
        return due_at(whose, self.issuer, self.since, self.window_s)


@dataclass(frozen=True, slots=True)
class HostState:
    """How far the proxies of a host are: see TrustReport."""

    behind: tuple[str, ...]
    renewal: datetime | None


class Link(Protocol):
    """The connection to the plane, as far as it is used here."""

    join: Join

    async def call(self, method: str, request: Struct, gives: type[Replied]) -> Replied:
        """A unary call; PlaneAway if it is not answered well in time."""

    def trust(self) -> Trust:
        """What the host believes now."""

    def believe(self, trust: Trust) -> None:
        """Believe this from now on, over a restart too."""


class TrustFollower:
    """Tells the plane what the host has, and takes up what it should have."""

    def __init__(
        self,
        link: Link,
        state: Callable[[Trust], HostState],
        changed: Callable[[], None],
    ) -> None:
        """`changed` is called when the host believes something else than before."""
        self._link = link
        self._state = state
        self._changed = changed
        self._quick_until = AT_ONCE

    async def run(self, clock: Clock) -> None:
        """Ask until cancelled. A plane that is away, or too old to answer, changes nothing."""
        while True:
            try:
                self._take(await self._ask(), clock.now())
            except PlaneAway as away:
                log.debug("trust-not-told", reason=str(away))
            quick = clock.now() < self._quick_until
            await clock.wait(QUICK_SECONDS if quick else CALM_SECONDS)

    async def _ask(self) -> TrustNow:
        link, trust = self._link, self._link.trust()
        state = self._state(trust)
        report = TrustReport(
            link.join.host,
            digest_of(trust.roots),
            digest_of(trust.issuer) if trust.issuer else "",
            trust.signed(link.join.chain),
            state.behind,
            state.renewal.strftime("%Y-%m-%dT%H:%M:%SZ") if state.renewal else "",
        )
        return await link.call(TRUST, report, TrustNow)

    def _take(self, answer: TrustNow, now: datetime) -> None:
        before = self._link.trust()
        if (answer.roots, answer.issuer) == (before.roots, before.issuer):
            return
        try:
            mesh_bundle(answer.roots.encode())
        except BadBundle as bad:
            log.warning("roots-not-believed", reason=f"what the plane sent {bad}")
            return
        self._quick_until = now + QUICK_FOR
        since = now if answer.issuer != before.issuer else before.since
        self._link.believe(Trust(answer.roots, answer.issuer, since, answer.window_s))
        log.info("roots-believed", roots=digest_of(answer.roots), issuer=digest_of(answer.issuer))
        self._changed()
