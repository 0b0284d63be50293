"""A workload's key and certificate: made here, signed by the plane, renewed at half life.

The key is generated on this host and never leaves it; a request carries no identity, for the
plane knows from observation which pod runs here. What was signed is kept on disk (0600), so a
restarted agent serves the old certificate while it asks for nothing.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

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
        self.current: Credential | None = None

    async def run(self, clock: Clock, roots: Callable[[], str]) -> None:
        """Load what is on disk, then obtain and renew until cancelled.

        `roots` is the trust bundle of now: a certificate under another root is renewed at once.
        """
        self.current = self._load(roots())
        if self.current:
            self._changed()
        jitter = random.random()
        while True:
            if self.current is None or self._due(self.current, clock.now(), jitter, roots()):
                await self._obtain(clock)
                jitter = random.random()
            else:
                await clock.wait(min(LOOK_SECONDS, self._rest(self.current, clock.now(), jitter)))

    def _due(self, held: Credential, now: datetime, jitter: float, roots: str) -> bool:
        return self._rest(held, now, jitter) <= 0 or not issued_under(held.chain, roots)

    def _rest(self, held: Credential, now: datetime, jitter: float) -> float:
        span = held.span
        return (renew_at(span.begins, span.ends, jitter) - now).total_seconds()

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
