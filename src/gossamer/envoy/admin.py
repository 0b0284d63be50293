"""Envoy's admin interface over its Unix socket."""

from __future__ import annotations

import asyncio
import http.client
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gossamer.process.private_socket import LONGEST_SOCKET_PATH, peer_pid


class AdminSilent(Exception):
    """Envoy did not answer on its admin socket, or answered with an error."""


class _Received:
    """Bytes that were read already, as http.client wants to read them."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def makefile(self, _: str) -> io.BytesIO:
        return io.BytesIO(self._raw)


@dataclass(frozen=True, slots=True)
class AdminAnswer:
    """What Envoy answered, chunks joined, and its process id; 0 where that cannot be seen."""

    status: int
    body: bytes
    pid: int = 0


async def _exchange(path: Path, method: str, target: str) -> AdminAnswer:
    """One request on a connection of its own.

    On the event loop and not on threads, of which a few silent Envoys would hold all.
    """
    reader, writer = await asyncio.open_unix_connection(str(path))
    try:
        pid = peer_pid(writer.get_extra_info("socket"))
        head = f"{method} {target} HTTP/1.1\r\nhost: envoy\r\nconnection: close\r\n"
        writer.write(f"{head}content-length: 0\r\n\r\n".encode())
        answer = http.client.HTTPResponse(_Received(await reader.read()))  # type: ignore[arg-type]
        answer.begin()
        return AdminAnswer(answer.status, answer.read(), pid)
    finally:
        writer.close()


@dataclass(frozen=True, slots=True)
class Admin:
    """The admin socket of one Envoy. Every method raises AdminSilent if it does not answer."""

    path: Path
    timeout: float = 5.0

    async def get(self, target: str) -> bytes:
        """The body of a GET."""
        return (await self.answer(target)).body

    async def answer(self, target: str) -> AdminAnswer:
        """A GET, with the process that answered it."""
        return await self._ask("GET", target)

    async def post(self, target: str) -> bytes:
        """The body of a POST, for what changes Envoy's state."""
        return (await self._ask("POST", target)).body

    async def state(self) -> str:
        """`LIVE`, `INITIALIZING`, `PRE_INITIALIZING` or `DRAINING`."""
        # Not ready is 503 with the state as its text.
        answer = await self._ask("GET", "/ready", good=(200, 503))
        return answer.body.decode().strip()

    async def json(self, target: str) -> dict[str, Any]:
        """A GET whose body is JSON."""
        read: dict[str, Any] = json.loads(await self.get(target))
        return read

    async def config(self) -> dict[str, Any]:
        """The whole config dump, endpoints included."""
        return await self.json("/config_dump?include_eds")

    async def clusters(self) -> dict[str, Any]:
        """Clusters with their hosts as they stand, counters included."""
        return await self.json("/clusters?format=json")

    async def certificates(self) -> dict[str, Any]:
        """The certificates in use, without keys."""
        return await self.json("/certs")

    async def listeners(self) -> tuple[str, ...]:
        """Names of the listeners that are open."""
        statuses = (await self.json("/listeners?format=json")).get("listener_statuses", ())
        return tuple(status["name"] for status in statuses)

    async def prometheus(self, pattern: str = "") -> str:
        """Used stats as Prometheus text, of those whose name matches `pattern` if given."""
        wanted = f"&filter={pattern}" if pattern else ""
        return (await self.get(f"/stats/prometheus?usedonly{wanted}")).decode()

    async def stats(self, pattern: str = "") -> dict[str, int]:
        """Used counters and gauges by name, of those that match `pattern` if given."""
        wanted = f"&filter={pattern}" if pattern else ""
        rows = (await self.json(f"/stats?format=json&usedonly{wanted}"))["stats"]
        return {row["name"]: row["value"] for row in rows if isinstance(row.get("value"), int)}

    async def _ask(self, method: str, target: str, good: tuple[int, ...] = (200,)) -> AdminAnswer:
        try:
            async with asyncio.timeout(self.timeout):
                answer = await _exchange(self.path, method, target)
        except TimeoutError as error:
            raise AdminSilent(_silence(self.path, target, "no answer in time")) from error
        except (OSError, http.client.HTTPException) as error:
            raise AdminSilent(_silence(self.path, target, str(error))) from error
        if answer.status not in good:
            text = answer.body.decode(errors="replace").strip()[:200]
            raise AdminSilent(f"Envoy at {self.path} answered {answer.status} to {target}: {text}")
        return answer


def _silence(path: Path, target: str, why: str) -> str:
    if len(str(path)) > LONGEST_SOCKET_PATH:
        why = f"the path is longer than {LONGEST_SOCKET_PATH} bytes; set GOSSAMER_HOME shorter"
    return f"Envoy at {path} did not answer {target}: {why}"
