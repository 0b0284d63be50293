"""The agent's control socket: one JSON object a line each way, for this host's own user only."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from gossamer.agent.metrics import metrics
from gossamer.agent.plan import BadPods, read_pods
from gossamer.agent.proxies import HostProxies, NoProxy
from gossamer.process.clock import utc_now
from gossamer.process.event_log import EventLog
from gossamer.process.private_socket import LONGEST_SOCKET_PATH, listen_private, peer_uid
from gossamer.telemetry.meters import exposition

LONGEST_LINE = 64 * 1024 * 1024

log = EventLog("gossamer.agent")

Words = Mapping[str, Any]
Operation = Callable[[Words], Awaitable[Words]]


class NoControl(Exception):
    """The control socket cannot be opened; the text says why."""


def operations(proxies: HostProxies, now: Callable[[], datetime] = utc_now) -> dict[str, Operation]:
    """What can be asked, by its word."""

    async def set_pods(words: Words) -> Words:
        pods = read_pods(words.get("pods"))
        proxies.set(pods)
        return {"pods": len(pods)}

    async def status(words: Words) -> Words:
        return {"proxies": await proxies.status()}

    async def drain(words: Words) -> Words:
        pod, seconds = str(words["pod"]), float(words.get("seconds", 5.0))
        return {"pod": pod, "drained": await proxies.drain(pod, seconds)}

    async def own_metrics(words: Words) -> Words:
        told = exposition("agent", proxies.meters())
        return {"prometheus": metrics(await proxies.status(), now()) + told}

    return {"set": set_pods, "status": status, "drain": drain, "metrics": own_metrics}


class Control:
    """Answers on a Unix socket until closed."""

    def __init__(self, known: Mapping[str, Operation]) -> None:
        self._known = known
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[Any]] = set()

    async def open(self, path: Path) -> None:
        """Listen at `path` (0600); NoControl if that cannot be."""
        if len(str(path).encode()) > LONGEST_SOCKET_PATH:
            raise NoControl(
                f"The path of the control socket {path} is longer than {LONGEST_SOCKET_PATH} "
                "bytes. The agent cannot start. Set GOSSAMER_HOME to a shorter folder."
            )
        try:
            listener = listen_private(path)
        except OSError as error:
            raise NoControl(f"The control socket {path} cannot be opened: {error}.") from error
        self._server = await asyncio.start_unix_server(
            self._talk, sock=listener, limit=LONGEST_LINE
        )

    def close(self) -> None:
        """Listen no longer, and end what is being answered."""
        if self._server:
            self._server.close()
        for talk in self._talks:
            talk.cancel()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task:
            self._talks.add(task)
            task.add_done_callback(self._talks.discard)
        try:
            if peer_uid(writer.get_extra_info("socket")) != os.geteuid():
                return
            while asked := await reader.readline():
                writer.write(json.dumps(await self.answer(asked)).encode() + b"\n")
                await writer.drain()
        except (OSError, ValueError) as error:
            log.info("control-broken-off", reason=str(error))
        finally:
            writer.close()

    async def answer(self, asked: bytes) -> Words:
        """The answer to one line; what cannot be done is an `error` in words."""
        try:
            words = json.loads(asked)
            operation = self._known[words["op"]]
        except (ValueError, KeyError, TypeError, RecursionError):
            known = ", ".join(sorted(self._known))
            return {"error": f'the agent was asked {asked[:80]!r}; it knows {{"op": {known}}}'}
        try:
            return await operation(words)
        except (BadPods, NoProxy, OSError, KeyError, TypeError, ValueError) as error:
            return {"error": f"{words['op']}: {error}"}
