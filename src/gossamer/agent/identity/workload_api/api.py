"""One pod's Workload API: a key and a certificate of the application's own, and whom to believe.

It is not the proxy's key: that one never leaves the agent. Both certificates are of the pod, and a
ban, a rotation or the end of the pod ends both.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gossamer.agent.identity.keys import Credential, Keeper, KeyOwner, Sign
from gossamer.agent.identity.trust import Trust
from gossamer.agent.identity.workload_api.bundles import Bundles, of_roots, of_secret
from gossamer.agent.identity.workload_api.messages import (
    x509_bundles_response,
    x509_svid_response,
)
from gossamer.agent.identity.workload_api.place import SOCKET
from gossamer.agent.identity.workload_api.server import (
    FETCH_X509_BUNDLES,
    FETCH_X509_SVID,
    NotSignedYet,
    serve_forever,
)
from gossamer.identity.rotation.spread import Turnstile
from gossamer.process.clock import Clock
from gossamer.process.private_files import private_folder

LOOK_SECONDS, FIRST_LOOK_SECONDS = 1.0, 0.1
"""How often an open stream looks whether something changed, and whether there is anything yet."""

PATIENCE = 50
"""How many first looks a caller waits for a certificate that is being signed."""


@dataclass(frozen=True, slots=True)
class IdentitySources:
    """Where an application's identity comes from: who signs, the roots that the agent knows, and
    the secret of roots that the pod's Envoy was given, None until it was."""

    sign: Sign
    trust: Callable[[], Trust]
    roots: Callable[[], bytes | None]


@dataclass(frozen=True, slots=True)
class Held:
    """What is served at one moment; equal while nothing changed."""

    credential: Credential
    roots_pem: str
    secret: bytes | None

    @property
    def bundles(self) -> Bundles:
        """Whom the workload believes."""
        return of_secret(self.secret) if self.secret else of_roots(self.roots_pem)


class WorkloadApi:
    """Served for as long as `run` runs."""

    def __init__(
        self, owner: KeyOwner, sockets: Path, sources: IdentitySources, clock: Clock
    ) -> None:
        """`sockets` is the folder that the pod sees; the key is kept in the owner's."""
        self._owner, self._sockets = owner, sockets
        self._sources, self._clock = sources, clock
        self._keeper = Keeper(owner, sources.sign, lambda: None)

    @property
    def credential(self) -> Credential | None:
        """What the application proves itself with."""
        return self._keeper.current

    def renewal(self, trust: Trust) -> datetime | None:
        """When that is renewed; None while there is none."""
        return self._keeper.renewal(trust)

    def stir(self) -> None:
        """Whom to believe, or who signs, is another."""
        self._keeper.stir()

    async def run(self, line: Turnstile) -> None:
        """Keep the certificate good and answer the application, until cancelled."""
        private_folder(self._owner.folder)
        private_folder(self._sockets)
        streams = {
            FETCH_X509_SVID: lambda: self._follow(_svid),
            FETCH_X509_BUNDLES: lambda: self._follow(_bundles),
        }
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keeper.run(self._clock, self._sources.trust, line))
            group.create_task(serve_forever(self._sockets / SOCKET, streams, self._clock))

    def held(self) -> Held | None:
        """What there is to serve now: nothing before the first signature and after the end."""
        credential = self._keeper.current
        if credential is None or credential.span.ends <= self._clock.now():
            return None
        return Held(credential, self._sources.trust().roots, self._sources.roots())

    async def _follow(self, view: Callable[[Held], bytes]) -> AsyncIterator[bytes]:
        """A message now, and one whenever it would be another. Raises NotSignedYet."""
        held, sent = await self._first(), b""
        while True:
            message = view(held)
            if message != sent:
                yield message
            sent = message
            held = await self._next(held)

    async def _first(self) -> Held:
        for _ in range(PATIENCE):
            if held := self.held():
                return held
            await self._clock.wait(FIRST_LOOK_SECONDS)
        raise NotSignedYet(
            f"the control plane has not signed a certificate for pod {self._owner.pod} yet, so "
            "there is no identity to give. Ask again; the agent's log says why (not-signed)."
        )

    async def _next(self, before: Held) -> Held:
        while True:
            await self._clock.wait(LOOK_SECONDS)
            held = self.held()
            if held is not None and held != before:
                return held


def _svid(held: Held) -> bytes:
    return x509_svid_response(held.credential.key, held.credential.chain, held.bundles)


def _bundles(held: Held) -> bytes:
    return x509_bundles_response(held.bundles)
