"""Run the listeners of an app until it is asked to stop.

`running` is for those who already have an event loop (tests, demos); `run_app` is what
`python -m gossamer.apps NAME` ends in: SIGTERM and SIGINT stop accepting, finish what is in
flight and exit 0.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from socket import socket

from starlette.types import ASGIApp

from gossamer.apps.serve.access import AccessLog
from gossamer.apps.serve.sockets import EVERYWHERE, hosts_from, listen, port_of
from gossamer.apps.serve.tcp import Answer, TcpServer
from gossamer.process.signals import on_end_signal


@dataclass(frozen=True, slots=True)
class Http:
    """An ASGI app on a port: HTTP/1.1, HTTP/2 and WebSocket."""

    port: int
    app: ASGIApp


@dataclass(frozen=True, slots=True)
class Tcp:
    """A coroutine per connection on a port."""

    port: int
    answer: Answer


Listener = Http | Tcp


@asynccontextmanager
async def running(
    listeners: Sequence[Listener], hosts: Sequence[str] = EVERYWHERE
) -> AsyncIterator[list[int]]:
    """Listen; give the ports in the listeners' order; end gracefully."""
    stop = asyncio.Event()
    opened = [listen(listener.port, hosts) for listener in listeners]
    servers = [
        _start(listener, socks, stop) for listener, socks in zip(listeners, opened, strict=True)
    ]
    tasks = [asyncio.create_task(server) for server, _ in servers]
    ports = [port_of(sockets) for sockets in opened]
    try:
        for _, listening in servers:
            await listening.wait()
        yield ports
    finally:
        stop.set()
        await asyncio.gather(*tasks)


def run_app(name: str, listeners: Sequence[Listener]) -> int:
    """Serve until SIGTERM or SIGINT. 0 after a graceful end, 1 if a port cannot be had."""
    try:
        asyncio.run(_until_signalled(name, [_logged(listener) for listener in listeners]))
    except OSError as error:
        print(f"{name}: {error}; nothing is served. Free the port or name another", file=sys.stderr)
        return 1
    return 0


def _logged(listener: Listener) -> Listener:
    if isinstance(listener, Tcp):
        return listener
    return Http(listener.port, AccessLog(listener.app, sys.stdout))


async def _until_signalled(name: str, listeners: Sequence[Listener]) -> None:
    stop = asyncio.Event()
    on_end_signal(stop.set)
    async with running(listeners, hosts_from(os.environ)) as ports:
        print(
            f"{name}: listening on {' '.join(str(port) for port in ports)}",
            file=sys.stderr,
            flush=True,
        )
        await stop.wait()


def _start(
    listener: Listener, sockets: list[socket], stop: asyncio.Event
) -> tuple[Coroutine[None, None, None], asyncio.Event]:
    if isinstance(listener, Tcp):
        tcp = TcpServer(listener.answer, stop)
        return tcp.serve(sockets), tcp.listening
    from gossamer.apps.serve.http import HttpServer  # a TCP app need not pay for uvicorn

    http = HttpServer(listener.app, stop)
    return http.serve(sockets), http.listening
