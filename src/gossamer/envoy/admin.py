"""Envoy's admin interface over its Unix socket, for programs that wait and those that don't."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LONGEST_SOCKET_PATH = 107
"""Bytes in the kernel's sockaddr_un, less its final zero."""


class AdminSilent(Exception):
    """Envoy did not answer on its admin socket, or answered with an error."""


class _UnixConnection(http.client.HTTPConnection):
    """HTTP/1.1 to a path instead of a host."""

    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("envoy", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def call(path: Path, method: str, target: str, timeout: float = 5.0) -> bytes:
    """One request to the admin socket at `path`; the body, or AdminSilent."""
    connection = _UnixConnection(path, timeout)
    try:
        connection.request(method, target)
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise AdminSilent(_silence(path, target, str(error))) from error
    finally:
        connection.close()
    if answer.status != 200:
        text = body.decode(errors="replace").strip()[:200]
        raise AdminSilent(f"Envoy at {path} answered {answer.status} to {target}: {text}")
    return body


@dataclass(frozen=True, slots=True)
class Admin:
    """The admin socket of one Envoy. Every method raises AdminSilent if it does not answer."""

    path: Path
    timeout: float = 5.0

    async def get(self, target: str) -> bytes:
        """The body of a GET, off the event loop: a large dump must not stall others."""
        return await asyncio.to_thread(call, self.path, "GET", target, self.timeout)

    async def post(self, target: str) -> bytes:
        """The body of a POST, for what changes Envoy's state."""
        return await asyncio.to_thread(call, self.path, "POST", target, self.timeout)

    async def state(self) -> str:
        """`LIVE`, `INITIALIZING`, `PRE_INITIALIZING` or `DRAINING`."""
        return str((await self.json("/server_info"))["state"])

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


def _silence(path: Path, target: str, why: str) -> str:
    if len(str(path)) > LONGEST_SOCKET_PATH:
        why = f"the path is longer than {LONGEST_SOCKET_PATH} bytes; set GOSSAMER_HOME shorter"
    return f"Envoy at {path} did not answer {target}: {why}"
