"""The edge carries traffic in and out, through real Envoys on one machine."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gossamer.envoy.binary import envoy_path
from gossamer.lab.edge import EdgeSide, PortForward, bootstrap, files, preferred_ports
from tests.waiting import beat


async def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    server = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return int(port)


@contextlib.asynccontextmanager
async def greeter(word: bytes, address: str = "127.0.0.1") -> AsyncIterator[int]:
    """A server that says one word and hangs up."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(word)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, address, 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@contextlib.asynccontextmanager
async def gateway(path: Path, word: bytes) -> AsyncIterator[str]:
    """A gateway's door: it says one word and who the PROXY header says is calling."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readexactly(16)
        assert head.startswith(SIGNATURE + b"\x21\x11")
        source = await reader.readexactly(struct.unpack(">H", head[14:])[0])
        writer.write(word + b" " + ".".join(map(str, source[:4])).encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_unix_server(greet, str(path)):
        yield str(path)


SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def write(folder: Path, port_forwards: list[PortForward]) -> None:
    """Replace every watched file atomically."""
    for path, text in files(folder, port_forwards).items():
        path.with_suffix(".new").write_text(text)
        os.replace(path.with_suffix(".new"), path)


@contextlib.asynccontextmanager
async def running(side: EdgeSide, folder: Path) -> AsyncIterator[None]:
    """One side's Envoy, ended with the block."""
    start = folder / f"{side}.json"
    start.write_text(json.dumps(bootstrap(side, folder)))
    process = await asyncio.create_subprocess_exec(
        *[str(envoy_path()), "-c", str(start), "--disable-hot-restart", "--concurrency", "1"],
        *["--log-level", "warning"],
    )
    try:
        yield
    finally:
        process.kill()
        await process.wait()


async def until_said(port: int, word: bytes) -> None:
    """Wait until the door at `port` answers with `word` (bounded by the test's own limit)."""
    async with asyncio.timeout(20):
        while True:
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                said = await reader.read()
                writer.close()
                if said == word:
                    return
            await beat()


@pytest.mark.e2e
async def test_a_door_follows_its_endpoints_without_a_restart(tmp_path: Path) -> None:
    """A gateway pod that changes is reached at the same port by the same Envoys, and told who
    the client is."""
    port = await free_port()
    async with gateway(tmp_path / "1", b"one") as one, gateway(tmp_path / "2", b"two") as two:
        write(tmp_path, [PortForward(0, "gw", port, (one,))])
        async with running(EdgeSide.OUTER, tmp_path), running(EdgeSide.INNER, tmp_path):
            await until_said(port, b"one 127.0.0.1")
            write(tmp_path, [PortForward(0, "gw", port, (two,))])
            await until_said(port, b"two 127.0.0.1")


@pytest.mark.e2e
async def test_the_outer_side_goes_where_the_proxy_header_says(tmp_path: Path) -> None:
    """What leaves the world reaches the address that the pod dialled."""
    write(tmp_path, [])
    async with greeter(b"outside", "0.0.0.0") as port, running(EdgeSide.OUTER, tmp_path):
        assert await sent_out(tmp_path / "out.sock", outside_address(), port) == b"outside"


def outside_address() -> str:
    """An address of this host that is none of a lab's."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(("192.0.2.1", 9))  # sends nothing: it asks which address would be used
        except OSError:
            pytest.skip("this host has no address but loopback")
        return str(asked.getsockname()[0])


@pytest.mark.e2e
@pytest.mark.parametrize("inside", ["127.0.0.1", "10.244.0.1", "10.96.0.10", "240.240.0.1"])
async def test_the_way_out_leads_to_no_address_of_the_lab(tmp_path: Path, inside: str) -> None:
    """A pod that dials the way out itself does not come to the host's 127.0.0.1 or to whatever
    bears the lab's addresses on the host's network: the connection is closed."""
    write(tmp_path, [])
    async with greeter(b"outside", "0.0.0.0") as port, running(EdgeSide.OUTER, tmp_path):
        assert await sent_out(tmp_path / "out.sock", inside, port) == b""


async def sent_out(out: Path, address: str, port: int) -> bytes:
    """What answers a connection that a pod opens to that address."""
    async with asyncio.timeout(20):
        while not out.exists():
            await beat()
    reader, writer = await asyncio.open_unix_connection(str(out))
    addresses = bytes([10, 244, 0, 9]) + socket.inet_aton(address)
    writer.write(SIGNATURE + b"\x21\x11" + struct.pack(">H", 12) + addresses)
    writer.write(struct.pack(">HH", 1234, port))
    with contextlib.closing(writer):
        return await reader.read()


def test_equal_doors_give_equal_files(tmp_path: Path) -> None:
    """Nothing is reloaded for nothing."""
    port_forwards = [PortForward(0, "gw", 8080, ("/lab/agent/gw/in-80",))]
    assert files(tmp_path, port_forwards) == files(tmp_path, list(port_forwards))


def test_the_usual_ports_are_tried_first() -> None:
    """80 is offered at 8080 and 443 at 8443; others keep their number."""
    assert preferred_ports(80)[0] == preferred_ports(8080)[0] == 8080
    assert preferred_ports(443)[0] == 8443
    assert preferred_ports(9000)[0] == 9000
