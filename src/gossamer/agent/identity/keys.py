"""A workload's key and certificate: made here, signed by the plane, renewed at half life.

The key is generated on this host and never leaves it; a request carries no identity, for the
plane knows from observation which pod runs here. What was signed is kept on disk (0600), so a
restarted agent serves the old certificate while it asks for nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gossamer.agent.identity.trust import Trust
from gossamer.contract.secret_names import OWN_CERTIFICATE
from gossamer.contract.type_urls import SECRET
from gossamer.identity.keys import (
    Lifespan,
    issued_under,
    lifespan,
    matches,
    new_key,
    signing_request,
    spiffe_of,
)
from gossamer.identity.plan import SpiffeId, renew_at
from gossamer.identity.rotation.spread import Turnstile
from gossamer.process.clock import Clock, backoff
from gossamer.process.event_log import EventLog
from gossamer.process.private_files import write_private
from gossamer.xds.frame import Resource, frame_resource

LOOK_SECONDS = 60.0
"""How often the date and the roots are looked at: a laptop that slept through the night wakes up
with timers that stood still, and a plane may come back with another root."""

log = EventLog("gossamer.agent")

Sign = Callable[[str], Awaitable[str]]
"""From a signing request (PEM) to the signed chain; raises NotSigned."""


class NotSigned(Exception):
    """The plane did not sign; it is asked again."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A key and its chain, PEM."""

    key: str
    chain: str

    @property
    def span(self) -> Lifespan:
        """When it is good."""
        return lifespan(self.chain)

    def secret(self) -> Resource:
        """The credential as Envoy asks for it; its version says which certificate, never a key."""
        from envoy.extensions.transport_sockets.tls.v3 import secret_pb2

        message = secret_pb2.Secret(name=OWN_CERTIFICATE)
        message.tls_certificate.certificate_chain.inline_string = self.chain
        message.tls_certificate.private_key.inline_string = self.key
        version = hashlib.sha256(self.chain.encode()).hexdigest()[:16]
        return frame_resource(SECRET, OWN_CERTIFICATE, version, message.SerializeToString())


@dataclass(frozen=True, slots=True)
class KeyOwner:
    """Whose credential it is, and where it is kept."""

    pod: str
    spiffe: SpiffeId
    folder: Path


class Keeper:
    """Keeps one workload's credential good, for as long as `run` runs."""

    def __init__(self, owner: KeyOwner, sign: Sign, changed: Callable[[], None]) -> None:
        self._owner = owner
        self._sign = sign
        self._changed = changed
        self._news = asyncio.Event()
        self._jitter = random.random()
        self.current: Credential | None = None

    async def run(self, clock: Clock, trust: Callable[[], Trust], line: Turnstile) -> None:
        """Load what is on disk, then obtain and renew until cancelled.

        A certificate that `trust` does not cover is renewed at once, one of another issuer in its
        turn. All renewals of a host stand in one `line`; a first certificate does not.
        """
        self.current = self._load(trust().roots)
        if self.current:
            self._changed()
        while True:
            due = self.renewal(trust())
            rest = (due - clock.now()).total_seconds() if due else 0.0
            if rest > 0:
                await self._rest(clock, min(LOOK_SECONDS, rest))
                continue
            if due:
                await clock.wait(line.turn(clock.now()))
            await self._obtain(clock)
            self._jitter = random.random()

    def renewal(self, trust: Trust) -> datetime | None:
        """When its certificate is renewed; None while it has none."""
        if self.current is None:
            return None
        span = self.current.span
        at_half_life = renew_at(span.begins, span.ends, self._jitter)
        return min(at_half_life, trust.renewal(self._owner.pod, self.current.chain))

    def stir(self) -> None:
        """Whom to believe, or who signs, is another: look again now."""
        self._news.set()

    async def _rest(self, clock: Clock, seconds: float) -> None:
        """Wait until the time is over, or there is news."""
        waits = [asyncio.ensure_future(each) for each in (clock.wait(seconds), self._news.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
            self._news.clear()

    async def _obtain(self, clock: Clock) -> None:
        # The first waits are short because a new pod's host asks before its sighting arrived; none
        # is long, because a certificate may have ended meanwhile and the plane may be back.
        for wait in backoff(0.1, 0.2, 0.5, 1, 2, 5):
            key = new_key()
            try:
                chain = await self._sign(signing_request(key))
                self._take(Credential(key, chain))
                return
            except (NotSigned, OSError, ValueError) as error:
                log.warning("not-signed", pod=self._owner.pod, reason=str(error))
            await clock.wait(wait)

    def _take(self, credential: Credential) -> None:
        if (
            not matches(credential.key, credential.chain)
            or spiffe_of(credential.chain) != self._owner.spiffe
        ):
            raise NotSigned(
                f"the plane signed for {spiffe_of(credential.chain)}, not for {self._owner.spiffe}"
            )
        # The key first: a chain without its key is noticed at the next start and replaced.
        write_private(self._owner.folder / "key.pem", credential.key)
        write_private(self._owner.folder / "chain.pem", credential.chain)
        self.current = credential
        ends = credential.span.ends.isoformat()
        log.info("signed", pod=self._owner.pod, spiffe=str(self._owner.spiffe), ends=ends)
        self._changed()

    def _load(self, roots: str) -> Credential | None:
        """What is on disk, if it is whole and says who this workload is today."""
        try:
            folder = self._owner.folder
            held = Credential((folder / "key.pem").read_text(), (folder / "chain.pem").read_text())
            ours = matches(held.key, held.chain) and spiffe_of(held.chain) == self._owner.spiffe
        except (OSError, ValueError):
            return None
        return held if ours and issued_under(held.chain, roots) else None
