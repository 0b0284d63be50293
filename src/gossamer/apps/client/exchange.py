"""What is asked and what is answered, whatever the protocol below."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Protocol

Headers = tuple[tuple[str, str], ...]


class CallError(Exception):
    """A call that brought no whole answer; `kind` is a stable word for reports and exit codes."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect and what to call it: `host` goes into Host and SNI, `connect` is dialled."""

    scheme: str
    host: str
    port: int
    connect: str

    @property
    def authority(self) -> str:
        """Host header: the port only where it is not the scheme's own, IPv6 in brackets."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == DEFAULT_PORTS[self.scheme] else f"{name}:{self.port}"


DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `target` is path and query as they go on the wire."""

    target: str
    method: str = "GET"
    headers: Headers = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Head:
    """Status line and headers of an answer; names in the case they came in."""

    status: int
    reason: str
    headers: Headers
    version: str

    def get(self, name: str, default: str = "") -> str:
        """The first value of a header, its case ignored."""
        wanted = name.lower()
        return next((v for n, v in self.headers if n.lower() == wanted), default)


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer."""

    head: Head
    body: bytes
    trailers: Headers = field(default=())

    @property
    def status(self) -> int:
        """The status code."""
        return self.head.status


class Connection(Protocol):
    """One call at a time: `start`, then the whole `body`; then `reusable` says if again."""

    trailers: Headers

    async def start(self, request: Request) -> Head:
        """Send the request and read the final head (1xx are skipped)."""

    def body(self) -> AsyncIterator[bytes]:
        """The answer's body in pieces as they come."""

    @property
    def reusable(self) -> bool:
        """Whether another call may follow on this connection."""

    @property
    def peer(self) -> tuple[str, int]:
        """The address and port at the other end."""

    def close(self) -> None:
        """Close at once."""


async def exchange(connection: Connection, request: Request) -> Response:
    """One whole call on an open connection."""
    head = await connection.start(request)
    body = b"".join([piece async for piece in connection.body()])
    return Response(head, body, connection.trailers)


def peer_of(writer: asyncio.StreamWriter) -> tuple[str, int]:
    """Where a connection leads; empty when it is gone already."""
    name = writer.get_extra_info("peername") or ("", 0)
    return name[0], name[1]


def with_defaults(headers: Headers, defaults: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The given headers after those defaults that they do not name themselves."""
    named = {name.lower() for name, _ in headers}
    return [(n, v) for n, v in defaults if n.lower() not in named] + list(headers)
