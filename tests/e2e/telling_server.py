"""An application that tells what reached it, over sockets, with no library to smooth it over.

Run as `python telling_server.py [IDLE_SECONDS]`. Port 8080 speaks HTTP/1.1: each answer is the
head of its request and its trailers; `/trailers` adds trailers of its own, `/hints` sends a 103
first, `/tunnel` and CONNECT are accepted and echo; `/once/X` closes the first time, `/late-once/X`
is silent the first time. A connection that rests for IDLE_SECONDS is closed.
Ports 8081
to 8084 speak HTTP/1.1 and HTTP/2 and tell which it was; 8085 knows HTTP/1.1 alone.
"""

from __future__ import annotations

import asyncio
import signal
import sys

from starlette.types import Receive, Scope, Send

from gossamer.apps.serve.running import Http, Tcp, running

IDLE = float(sys.argv[1]) if len(sys.argv) > 1 else None
LARGEST = 2**21
SEEN: set[bytes] = set()


async def tell(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers until the caller goes or rests too long."""
    reader._limit = LARGEST  # type: ignore[attr-defined]
    try:
        while await answer(reader, writer):
            await writer.drain()
    except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
        pass
    writer.close()


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """One request; whether another may follow."""
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), IDLE)
    path = head.split(b" ", 2)[1]
    headers = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:] if b":" in line)
    if headers.get(b"expect", b"").strip() == b"100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    trailers = await past_body(reader, headers)
    if head.startswith(b"CONNECT "):
        await echo(b"200 Connected", reader, writer)
        return False
    if path == b"/tunnel" and b"upgrade" in headers:
        await echo(
            b"101 Switching\r\nConnection: Upgrade\r\nUpgrade:" + headers[b"upgrade"],
            reader,
            writer,
        )
        return False
    if path.startswith(b"/once/") and path not in SEEN:
        SEEN.add(path)
        return False  # gone without a word
    if path.startswith(b"/late-once/") and path not in SEEN:
        SEEN.add(path)
        await reader.read()  # until the caller gives up
        return False
    if path == b"/hints":
        writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
    write(writer, head + trailers, path == b"/trailers")
    return True


def write(writer: asyncio.StreamWriter, body: bytes, with_trailers: bool) -> None:
    """A whole answer, with an empty header in it."""
    start = b"HTTP/1.1 200 OK\r\nX-Empty:\r\n"
    if with_trailers:
        chunk = b"%x\r\n%b\r\n0\r\nX-Sum: 42\r\n\r\n" % (len(body), body)
        writer.write(start + b"Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk)
    else:
        writer.write(start + b"Content-Length: %d\r\n\r\n" % len(body) + body)


async def past_body(reader: asyncio.StreamReader, headers: dict[bytes, bytes]) -> bytes:
    """Read a body; its trailers."""
    if b"chunked" not in headers.get(b"transfer-encoding", b""):
        await reader.readexactly(int(headers.get(b"content-length", b"0")))
        return b""
    while size := int((await reader.readline()).split(b";")[0], 16):
        await reader.readexactly(size + 2)
    trailers = b""
    while (line := await reader.readline()) != b"\r\n":
        trailers += line
    return trailers


async def echo(status: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The connection belongs to something else than HTTP now."""
    writer.write(b"HTTP/1.1 " + status + b"\r\n\r\n")
    while piece := await reader.read(1000):
        writer.write(piece)


async def version(scope: Scope, receive: Receive, send: Send) -> None:
    """The HTTP version that a request came in."""
    if scope["type"] != "http":
        return
    text = scope["http_version"].encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": text})


async def old_only(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """HTTP/1.1's answer to everything: the preface of HTTP/2 is a request it doesn't know."""
    while (head := await reader.readuntil(b"\r\n\r\n")).startswith(b"GET"):
        del head
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n1.1")
    writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    writer.close()


async def main() -> None:
    """Until SIGTERM."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    both = [Http(port, version) for port in (8081, 8082, 8083, 8084)]
    async with running([Tcp(8080, tell), Tcp(8085, old_only), *both]):
        await ended.wait()


asyncio.run(main())
