"""The one connection to the plane: mutual TLS as this host's agent, shared by every stream.

The agent's own certificate is renewed here as well. gRPC fixes a channel's credentials, so new
ones mean a new channel; streams on the old one move over when it is closed after a grace.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, TypeVar

import grpc
import msgspec
from msgspec import Struct
from msgspec.structs import replace

from gossamer.agent.identity.keys import NotSigned
from gossamer.agent.identity.trust import PlaneAway, Trust
from gossamer.contract.rpc import REPORT, SIGN
from gossamer.identity.join import Join, NoJoin, read_join
from gossamer.identity.keys import lifespan, new_key, signing_request
from gossamer.identity.plan import PLANE_NAME, renew_at
from gossamer.identity.shapes import SignedChain, SignRequest
from gossamer.process.clock import Clock, backoff
from gossamer.process.event_log import EventLog
from gossamer.process.private_files import write_private
from gossamer.process.trusted_file import mark_of
from gossamer.telemetry.shapes import CountsReport, ReportTaken
from gossamer.xds.connect import CHANNEL_OPTIONS

CALL_SECONDS = 5.0
"""How long one unary call may take; the plane answers in milliseconds or is away."""

MOVE_SECONDS = 30.0
"""How long streams may stay on a channel with the former certificate."""

LOOK_SECONDS = 2.0
"""How often join.json is looked at: a plane with a new root writes a new one."""

Answer = TypeVar("Answer")

log = EventLog("gossamer.agent")


async def wait_for_join(path: Path, clock: Clock) -> Join:
    """The join file's content as soon as there is a good one."""
    reported = ""
    for wait in backoff(0.05, 0.1, 0.2):
        try:
            return read_join(path)
        except NoJoin as error:
            if path.exists() and str(error) != reported:
                reported = str(error)
                log.warning("join-unusable", file=str(path), reason=reported)
        await clock.wait(wait)
    raise AssertionError("patience never ends")


class PlaneLink:
    """The channel of now, calls over it, and the agent's own identity."""

    def __init__(self, target: str, path: Path, join: Join) -> None:
        self._target = target
        self._path = path
        self._seen = mark_of(path)
        self._closing: set[asyncio.Task[None]] = set()
        self.join = join
        self._trust = Trust(join.roots)
        self._channel = _connect(target, join)

    def channel(self) -> Any:
        """The channel to open the next stream on; it connects and reconnects by itself."""
        return self._channel

    def trust(self) -> Trust:
        """Whom this host believes, and who signs."""
        return self._trust

    def believe(self, trust: Trust) -> None:
        """Believe this from now on: the plane is known by these roots, over a restart too."""
        self._trust = trust
        if trust.roots != self.join.roots:
            self._save(replace(self.join, roots=trust.roots))

    async def call(self, method: str, request: Struct, gives: type[Answer]) -> Answer:
        """A unary call, JSON both ways; PlaneAway if it is not answered well in time."""
        body = msgspec.json.encode(request)
        try:
            answer = await self._channel.unary_unary(method)(body, timeout=CALL_SECONDS)
            return msgspec.json.decode(answer, type=gives)
        except msgspec.DecodeError as error:
            raise PlaneAway(f"its answer is not as agreed: {error}") from error
        except grpc.aio.AioRpcError as error:
            raise PlaneAway(f"{error.code().name}: {error.details()}") from None
        except (asyncio.CancelledError, grpc.aio.UsageError) as error:
            if isinstance(error, asyncio.CancelledError) and _cancelled():
                raise
            raise PlaneAway("the connection was replaced during the call") from None

    async def sign(self, pod: str, csr: str) -> str:
        """The chain for a pod's key; NotSigned if the plane is away or refuses."""
        return await self._signed(SignRequest(csr, pod=pod))

    async def report(self, edges: CountsReport) -> None:
        """Hand the plane what was counted; PlaneAway if it did not take it."""
        await self.call(REPORT, edges, ReportTaken)

    async def keep(self, clock: Clock) -> None:
        """Renew the agent's own certificate and follow its join file, until cancelled."""
        while True:
            await clock.wait(LOOK_SECONDS)
            if mark_of(self._path) != self._seen:
                self._reread()
            elif self._due(clock):
                await self._renew()

    async def close(self) -> None:
        """Close the channel, and with it every stream on it."""
        await self._channel.close()

    def _reread(self) -> None:
        self._seen = mark_of(self._path)
        try:
            self._become(read_join(self._path))
            self._trust = Trust(self.join.roots)
        except NoJoin as error:
            log.warning("join-unusable", file=str(self._path), reason=str(error))

    async def _renew(self) -> None:
        key = new_key()
        request = SignRequest(signing_request(key), agent=self.join.host)
        try:
            chain = await self._signed(request)
        except NotSigned as error:
            log.warning("not-renewed", host=self.join.host, reason=str(error))
            return
        self._save(replace(self.join, key=key, chain=chain))

    def _save(self, join: Join) -> None:
        """The disk first: what a restarted agent finds is what this one proves itself with."""
        try:
            write_private(self._path, msgspec.json.encode(join) + b"\n")
        except OSError as error:
            log.warning("join-not-written", file=str(self._path), reason=str(error))
        self._seen = mark_of(self._path)
        self._become(join)

    def _due(self, clock: Clock) -> bool:
        join, now = self.join, clock.now()
        span = lifespan(join.chain)
        # Some spread by host name: agents that joined together need not renew together.
        spread = sum(join.host.encode()) % 100 / 100
        at_half_life = renew_at(span.begins, span.ends, spread)
        return now >= min(at_half_life, self._trust.renewal(join.host, join.chain))

    async def _signed(self, request: SignRequest) -> str:
        try:
            return (await self.call(SIGN, request, SignedChain)).chain
        except PlaneAway as error:
            raise NotSigned(str(error)) from None

    def _become(self, join: Join) -> None:
        if join == self.join:
            return
        former, self.join = self._channel, join
        self._channel = _connect(self._target, join)
        log.info("joined", host=join.host, ends=lifespan(join.chain).ends.isoformat())
        closing = asyncio.ensure_future(former.close(MOVE_SECONDS))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)


def _connect(target: str, join: Join) -> Any:
    credentials = grpc.ssl_channel_credentials(
        root_certificates=join.roots.encode(),
        private_key=join.key.encode(),
        certificate_chain=join.chain.encode(),
    )
    # A channel of its own: by default gRPC shares connections between equal targets, and
    # the new certificate would never be shown.
    options = (
        *CHANNEL_OPTIONS,
        ("grpc.ssl_target_name_override", PLANE_NAME),
        ("grpc.default_authority", PLANE_NAME),
        ("grpc.use_local_subchannel_pool", 1),
    )
    return grpc.aio.secure_channel(target, credentials, options=options)


def _cancelled() -> bool:
    task = asyncio.current_task()
    return bool(task and task.cancelling())
