"""Asks a container whether it is well: HTTP, TCP and gRPC over a given socket.

The socket was opened inside the pod with the mark that bypasses its proxy, so probes work
under STRICT mTLS. Exec probes are processes; the container's life runs them.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, ResponseReceived, StreamEnded, StreamReset, TrailersReceived
from h2.exceptions import ProtocolError

from gossamer.process.probes.probe import Probe, ProbeKind

Connect = Callable[[int], Awaitable[socket.socket]]
"""port -> a connected or connecting non-blocking socket."""


@dataclass(frozen=True, slots=True)
class ProbeAnswer:
    """Whether the container is well, and what it said where it is not."""

    well: bool
    message: str = ""


async def ask(probe: Probe, host: str, connect: Connect) -> ProbeAnswer:
    """Put one question; refusals, silence and nonsense are answers too."""
    try:
        async with asyncio.timeout(probe.timeout_s):
            return await _ASKS[probe.kind](probe, host, connect)
    except TimeoutError:
        return ProbeAnswer(False, f"no answer on port {probe.port} within {probe.timeout_s:g} s")
    except (OSError, ProtocolError, ValueError, EOFError) as error:
        return ProbeAnswer(False, f"port {probe.port}: {error}")


GREETING_S = 0.1
"""How long an application may take to speak first."""

_SETTINGS = bytes([4, 0, 0, 0, 0, 0])
"""What follows the length in the frame with which HTTP/2 servers may begin of themselves."""


async def speaks_first(port: int, connect: Connect) -> bool:
    """Whether the application sends bytes to a caller that keeps silent, and not those of HTTP."""
    try:
        async with asyncio.timeout(GREETING_S):
            sock = await _connected(port, connect)
            with sock:
                return _is_greeting(await asyncio.get_running_loop().sock_recv(sock, 4096))
    except (OSError, TimeoutError):
        return False


def _is_greeting(first: bytes) -> bool:
    """Too few bytes to tell them from HTTP/2 count as none: then connections are looked at."""
    return not _SETTINGS.startswith(first[3:9]) and not first.startswith(b"HTTP/")


async def _connected(port: int, connect: Connect) -> socket.socket:
    sock = await connect(port)
    sock.setblocking(False)
    try:
        await _writable(sock)
        if code := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(code, _reason(code))
    except BaseException:
        sock.close()
        raise
    return sock


def _reason(code: int) -> str:
    return "connection refused" if code == 111 else f"connect failed ({code})"


async def _writable(sock: socket.socket) -> None:
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_writer(sock, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_writer(sock)


async def _tcp(probe: Probe, host: str, connect: Connect) -> ProbeAnswer:
    (await _connected(probe.port, connect)).close()
    return ProbeAnswer(True)


async def _http(probe: Probe, host: str, connect: Connect) -> ProbeAnswer:
    reader, writer = await asyncio.open_connection(
        sock=await _connected(probe.port, connect),
        ssl=_tls(probe),
        server_hostname="probe" if probe.scheme == "https" else None,
    )
    try:
        writer.write(_request(probe, host))
        await writer.drain()
        return _judge(await reader.readline())
    finally:
        writer.close()


def _tls(probe: Probe) -> ssl.SSLContext | None:
    """As the kubelet does: encrypted where asked, and no certificate is checked."""
    if probe.scheme != "https":
        return None
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _request(probe: Probe, host: str) -> bytes:
    headers = {"Host": f"{host}:{probe.port}", "User-Agent": "gossamer-probe", "Accept": "*/*"}
    headers |= dict(probe.headers)
    lines = [f"GET {probe.path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
    return ("\r\n".join([*lines, "Connection: close"]) + "\r\n\r\n").encode("latin-1", "replace")


def _judge(status_line: bytes) -> ProbeAnswer:
    words = status_line.split()
    if len(words) < 2 or not words[1].isdigit():
        return ProbeAnswer(
            False, f"HTTP probe got {status_line[:60]!r}, which is not an HTTP answer"
        )
    status = int(words[1])
    return ProbeAnswer(200 <= status < 400, f"HTTP probe got status {status}")


async def _grpc(probe: Probe, host: str, connect: Connect) -> ProbeAnswer:
    reader, writer = await asyncio.open_connection(sock=await _connected(probe.port, connect))
    try:
        return await _health_check(probe, host, reader, writer)
    finally:
        writer.close()


async def _health_check(
    probe: Probe, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> ProbeAnswer:
    h2 = H2Connection(H2Configuration(client_side=True))
    h2.initiate_connection()
    h2.send_headers(1, _grpc_headers(f"{host}:{probe.port}"))
    h2.send_data(1, _grpc_frame(probe.service), end_stream=True)
    body, headers = b"", dict[bytes, bytes]()
    while True:
        writer.write(h2.data_to_send())
        data = await reader.read(65536)
        if not data:
            raise EOFError("the server hung up before it answered")
        for event in h2.receive_data(data):
            if isinstance(event, ResponseReceived | TrailersReceived):
                headers |= {bytes(k): bytes(v) for k, v in event.headers}
            elif isinstance(event, DataReceived):
                body += event.data
            elif isinstance(event, StreamEnded | StreamReset):
                return _serving(headers, body)


def _grpc_headers(authority: str) -> list[tuple[str, str]]:
    return [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/grpc.health.v1.Health/Check"),
        (":authority", authority),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ]


def _grpc_frame(service: str) -> bytes:
    """HealthCheckRequest{service: 1} (grpc.health.v1), uncompressed, length-prefixed."""
    name = service.encode()[:127]
    message = b"\x0a" + bytes([len(name)]) + name if name else b""
    return b"\0" + len(message).to_bytes(4, "big") + message


def _serving(headers: dict[bytes, bytes], body: bytes) -> ProbeAnswer:
    """HealthCheckResponse{status: 1}, where 1 is SERVING."""
    status = headers.get(b"grpc-status", b"2").decode()
    if status == "0" and body[5:7] == b"\x08\x01":
        return ProbeAnswer(True)
    return ProbeAnswer(
        False, f"gRPC health check got grpc-status {status}, message {body[5:].hex()!r}"
    )


async def _exec_elsewhere(probe: Probe, host: str, connect: Connect) -> ProbeAnswer:
    raise ValueError("an exec probe is a process, not a question over a socket")


async def _nothing(probe: Probe, host: str, connect: Connect) -> ProbeAnswer:
    return ProbeAnswer(True)


_ASKS: dict[ProbeKind, Callable[[Probe, str, Connect], Awaitable[ProbeAnswer]]] = {
    ProbeKind.HTTP: _http,
    ProbeKind.TCP: _tcp,
    ProbeKind.GRPC: _grpc,
    ProbeKind.EXEC: _exec_elsewhere,
    ProbeKind.NONE: _nothing,
}
