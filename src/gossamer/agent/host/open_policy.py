"""The host's open policy: Rego from the plane to a file, and a process that decides by it.

The process reads only the file, so that it decides on while agent and plane are away; it runs as
soon as there is a policy to ask.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gossamer.agent.host.stream import HostStream
from gossamer.agent.launcher import Launch, Launcher, NotLaunched
from gossamer.contract.cluster_names import OPEN_POLICY, OPEN_POLICY_SOCKET
from gossamer.contract.type_urls import ALL_POLICIES, POLICIES
from gossamer.process.clock import Clock, backoff
from gossamer.process.event_log import FORMAT_VARIABLE, EventLog
from gossamer.process.private_files import write_private
from gossamer.xds.frame import DiscoveryRequest, DiscoveryResponse, body_of

_PASSED_ON = ("PATH", "PYTHONPATH", "LANG", FORMAT_VARIABLE)

log = EventLog("gossamer.agent")


@dataclass(frozen=True, slots=True)
class OpenPolicyFiles:
    """Where the table, the socket that proxies ask at, and what the process says are."""

    folder: Path

    @property
    def table(self) -> Path:
        """The policies; the last good ones while the plane is away."""
        return self.folder / "policies.json"

    @property
    def socket(self) -> Path:
        """Where proxies ask."""
        return self.folder / OPEN_POLICY_SOCKET

    @property
    def decisions(self) -> Path:
        """The log of decisions."""
        return self.folder / "decisions.log"

    @property
    def log(self) -> Path:
        """What the process says of itself."""
        return self.folder / "open-policy.log"


class PolicySession:
    """A client of the Policies type. A policy that is gone from the plane is gone from the table;
    a plane that is gone changes nothing."""

    def __init__(self, files: OpenPolicyFiles) -> None:
        self._files = files
        self._stream: HostStream | None = None
        self.needed = asyncio.Event()
        if files.table.exists():
            self.needed.set()

    def attach(self, stream: HostStream) -> None:
        """Where acknowledgements go."""
        self._stream = stream

    def opening(self) -> Iterable[DiscoveryRequest]:
        """The one resource, whole: it is small, and asked for once a connection."""
        return (DiscoveryRequest(POLICIES, subscribe=(ALL_POLICIES,)),)

    def opened(self) -> None:
        """The plane accepted the stream."""

    def received(self, response: DiscoveryResponse) -> None:
        """Write the table down; a disk that refuses it keeps the former one in effect."""
        error = None
        for resource in response.resources:
            body = body_of(resource)
            error = self._take(body) if body is not None else error
        if self._stream:
            answer = DiscoveryRequest(response.type_url, nonce=response.nonce, error=error)
            self._stream.send((answer,))

    def lost(self, reason: str) -> None:
        """The stream ended; what is held stays in force."""

    def _take(self, body: bytes) -> str | None:
        try:
            write_private(self._files.table, body)
        except OSError as error:
            log.warning("policies-not-kept", reason=str(error))
            return f"the policies cannot be written: {error}"
        self.needed.set()
        return None


async def run_when_needed(
    files: OpenPolicyFiles,
    needed: asyncio.Event,
    launcher: Launcher,
    clock: Clock,
    environment: Mapping[str, str] = os.environ,
) -> None:
    """Have the process run from the first policy on; whoever launches it restarts it."""
    await needed.wait()
    words = ("--policies", "--listen", "--decisions")
    paths = (files.table, files.socket, files.decisions)
    arguments = [text for pair in zip(words, map(str, paths), strict=True) for text in pair]
    launch = Launch(
        name=OPEN_POLICY,
        argv=(sys.executable, "-m", "gossamer.opa", *arguments),
        env={name: environment[name] for name in _PASSED_ON if name in environment},
        log=str(files.log),
    )
    for wait in backoff(0.1, 0.5, 2):
        try:
            pid = await launcher.spawn(launch)
        except NotLaunched as error:
            log.warning("open-policy-not-launched", reason=str(error))
        else:
            log.info("open-policy-runs", pid=pid)
            break
        await clock.wait(wait)
    await asyncio.Event().wait()  # an agent's loops end with the agent
