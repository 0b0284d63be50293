"""A gateway under attack: slow, many and greedy clients; and who may say where one comes from."""

from __future__ import annotations

import asyncio
import struct
from datetime import timedelta
from pathlib import Path

import pytest

from gossamer.compile.listeners import edge
from gossamer.identity.authority import Authority
from tests.compile.running_mesh import Start
from tests.security.edge_stage import PORT, Front, fronted, request
from tests.waiting import until

pytestmark = pytest.mark.e2e

PROXIED = b"PROXY TCP4 9.8.7.6 203.0.113.1 4242 80\r\n"


async def test_half_a_request_is_not_waited_for(
    start: Start, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A head that does not end is answered 408 and closed, however its bytes trickle in; a
    stream that has begun is waited for."""
    monkeypatch.setattr(edge, "REQUEST_HEAD", timedelta(seconds=1))
    async with fronted(start, authority, tmp_path) as front:
        half = b"GET / HTTP/1.1\r\nhost: front.example\r\n"
        answers = await asyncio.gather(*(front.sent(half) for _ in range(50)))
        assert all(answer.startswith(b"HTTP/1.1 408") for answer in answers)
        async with asyncio.timeout(20):
            await _trickled(front)
        body = request("/", "content-length: 2", method="POST")
        reader, writer = await asyncio.open_connection(front.address, PORT)
        writer.write(body + b"a")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3):
                await reader.read(1)
        writer.write(b"b")
        assert (await reader.read()).startswith(b"HTTP/1.1 200")


async def _trickled(front: Front) -> None:
    """Send a request whose head comes a byte at a time, without an end, until it is closed."""
    reader, writer = await asyncio.open_connection(front.address, PORT)
    answer = asyncio.ensure_future(reader.read())
    writer.write(b"GET / HTTP/1.1\r\nx: ")
    while not answer.done():
        writer.write(b"a")
        await asyncio.wait((answer,), timeout=0.1)
    writer.close()
    assert isinstance(answer.exception(), ConnectionResetError | None)


REFUSED = {
    "underscore": request("/", "x_forwarded_for: 1.2.3.4"),
    "two lengths": request("/", "content-length: 1", "content-length: 2", method="POST") + b"ab",
    "length and chunks": request(
        "/", "content-length: 3", "transfer-encoding: chunked", method="POST"
    )
    + b"0\r\n\r\n",
    "bare LF in a chunk": request("/", "transfer-encoding: chunked", method="POST")
    + b"3\nabc\r\n0\r\n\r\n",
    "NUL": request("/", "a: b\0c"),
    "CR in a name": request("/", "a\r: b"),
    "a PROXY header by TCP": PROXIED + request("/"),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_what_others_would_read_differently_is_refused(
    start: Start, authority: Authority, tmp_path: Path, what: str
) -> None:
    """Requests that a server behind could take for another one, or for two."""
    async with fronted(start, authority, tmp_path) as front:
        assert (await front.sent(REFUSED[what])).startswith(b"HTTP/1.1 400")


async def test_no_bare_line_end_reaches_the_application(
    start: Start, authority: Authority, tmp_path: Path
) -> None:
    """Envoy reads a bare LF as the end of a line and drops a bare CR; what it sends on says the
    same to every reader."""
    async with fronted(start, authority, tmp_path) as front:
        bare = request("/").replace(b"\r\n", b"\n")
        assert b'"host": "front.example"' in await front.sent(bare)
        seen = await front.seen("a: b\rx-smuggled: c")
        assert seen["a"] == "bx-smuggled: c"
        assert "x-smuggled" not in seen


async def test_only_the_door_says_who_the_client_is(
    start: Start, authority: Authority, tmp_path: Path
) -> None:
    """The lab's edge names the client by a PROXY header on its own socket, which must be there;
    X-Forwarded-For ends in that address, be it this host's own."""
    async with fronted(start, authority, tmp_path) as front:
        seen = await front.seen(before=PROXIED, by_door=True)
        assert seen["x-forwarded-for"] == "9.8.7.6"
        assert seen["x-envoy-external-address"] == "9.8.7.6"
        own = PROXIED.replace(b"9.8.7.6", b"127.0.0.1")
        seen = await front.seen("x-forwarded-for: 1.2.3.4", before=own, by_door=True)
        assert seen["x-forwarded-for"] == "1.2.3.4,127.0.0.1"
        assert not await front.sent(request("/"), by_door=True)
        assert front.door.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("trusted", "client"), [(0, "9.8.7.6"), (1, "5.5.5.5"), (2, "4.4.4.4")])
async def test_as_many_proxies_are_believed_as_the_mesh_says(
    start: Start, authority: Authority, tmp_path: Path, trusted: int, client: str
) -> None:
    """numTrustedProxies counts from the near end of X-Forwarded-For."""
    topology = f"defaultConfig: {{gatewayTopology: {{numTrustedProxies: {trusted}}}}}\n"
    async with fronted(start, authority, tmp_path, topology) as front:
        through = "x-forwarded-for: 3.3.3.3, 4.4.4.4, 5.5.5.5"
        seen = await front.seen(through, before=PROXIED, by_door=True)
        assert seen["x-envoy-external-address"] == client
        assert seen["x-forwarded-for"].endswith("5.5.5.5,9.8.7.6")


async def test_streams_and_windows_are_bounded(
    start: Start, authority: Authority, tmp_path: Path
) -> None:
    """One HTTP/2 connection gets a hundred streams with 64 KiB each; its peer is asked whether
    it is still there."""
    async with fronted(start, authority, tmp_path) as front:
        reader, writer = await asyncio.open_connection(front.address, PORT)
        writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0")
        length, kind = struct.unpack(">I", b"\0" + await reader.readexactly(3))[0], 4
        head = await reader.readexactly(6)
        assert head[0] == kind
        body = await reader.readexactly(length)
        found = dict(struct.iter_unpack(">HI", body))
        assert (found[3], found[4]) == (edge.STREAMS, edge.STREAM_WINDOW)
        writer.close()


async def test_large_bodies_pass_small_buffers(
    start: Start, authority: Authority, tmp_path: Path
) -> None:
    """A connection holds 32 KiB at a time, and whatever is longer streams through."""
    async with fronted(start, authority, tmp_path) as front:
        size = 3 << 20
        whole = request("/", f"content-length: {size}", method="POST") + b"x" * size
        assert (await front.sent(whole)).startswith(b"HTTP/1.1 200")
        await until(lambda: _alive(front))


async def _alive(front: Front) -> bool:
    return await front.status("/") == 200
