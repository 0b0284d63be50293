"""An application that counts: what it was asked, and every byte on its sockets.

Run as `python counting_server.py`. Ports 8080 to 8082 speak HTTP/1.1, HTTP/2 and gRPC, each port
counted apart; `/size/N` answers with N bytes, `/hold/N` too and then keeps the answer open; port
9000 echoes bytes. `GET 127.0.0.1:9999/` tells the counts by port.
"""

from __future__ import annotations

import asyncio
import json
import signal
from collections import Counter
from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from gossamer.apps.serve.running import Http, Tcp, running

WEB_PORTS, TCP_PORT, TOLD_PORT = (8080, 8081, 8082), 9000, 9999
BEHIND = 10_000
PIECE = 65536
LOOPBACK = ("127.0.0.1",)

requests: Counter[str] = Counter()
received: Counter[str] = Counter()
sent: Counter[str] = Counter()


def counting(port: int) -> ASGIApp:
    """The application of a port."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(port, scope, receive, send)

    return app


async def answer(port: int, scope: Scope, receive: Receive, send: Send) -> None:
    """One call: its whole body is read, then as many bytes as its path says are sent."""
    if scope["type"] != "http":
        return
    rpc = dict(scope["headers"]).get(b"content-type") == b"application/grpc"
    while (await receive()).get("more_body"):
        pass
    requests[str(port)] += 1
    how, _, size = scope["path"].strip("/").partition("/")
    kind = b"application/grpc" if rpc else b"application/octet-stream"
    start = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]}
    await send(start | {"trailers": rpc})
    body = {"type": "http.response.body", "body": _body(rpc, int(size or 0))}
    await send(body | {"more_body": how == "hold"})
    if how == "hold":
        while (await receive())["type"] != "http.disconnect":
            pass
        return
    if rpc:
        end = {"type": "http.response.trailers", "more_trailers": False}
        await send(end | {"headers": [(b"grpc-status", b"0")]})


def _body(rpc: bool, size: int) -> bytes:
    return b"\0" + size.to_bytes(4, "big") + b"x" * size if rpc else b"x" * size


async def told(scope: Scope, receive: Receive, send: Send) -> None:
    """The counts."""
    if scope["type"] == "http":
        text = json.dumps({"requests": requests, "received": received, "sent": sent}).encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": text})


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A connection on which something comes is a request; what comes goes back.

    The lab itself connects once, to see whether the server speaks first, and sends nothing.
    """
    begun = False
    while piece := await reader.read(PIECE):
        requests[str(TCP_PORT)] += not begun
        begun = True
        received[str(TCP_PORT)] += len(piece)
        writer.write(piece)
        sent[str(TCP_PORT)] += len(piece)
        await writer.drain()


def metered(port: int) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    """Passes a connection to the port behind, and counts its bytes."""

    async def through(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection(LOOPBACK[0], port + BEHIND)
        await asyncio.gather(_pass(reader, forth, received, port), _pass(back, writer, sent, port))

    return through


async def _pass(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: Counter[str], port: int
) -> None:
    try:
        while piece := await reader.read(PIECE):
            count[str(port)] += len(piece)
            writer.write(piece)
            await writer.drain()
    except ConnectionError:
        pass  # whoever is at either end may leave
    finally:
        writer.close()


async def main() -> None:
    """Until SIGTERM."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    inner = [Http(port + BEHIND, counting(port)) for port in WEB_PORTS]
    outer = [Tcp(port, metered(port)) for port in WEB_PORTS]
    async with (
        running([*inner, Http(TOLD_PORT, told)], LOOPBACK),
        running([*outer, Tcp(TCP_PORT, echo)]),
    ):
        await ended.wait()


asyncio.run(main())
