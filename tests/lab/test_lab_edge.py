"""The edge carries traffic in and out, through real Envoys on one machine."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gossamer.envoy.binary import envoy_path
from gossamer.lab.edge import Door, Side, bootstrap, files, preferred_ports
from waiting import beat


async def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    server = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return int(port)


@contextlib.asynccontextmanager
async def greeter(word: bytes) -> AsyncIterator[int]:
    """A server that says one word and hangs up."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(word)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def write(folder: Path, doors: list[Door]) -> None:
    """Replace every watched file atomically."""
    for path, text in files(folder, doors).items():
        path.with_suffix(".new").write_text(text)
        os.replace(path.with_suffix(".new"), path)


@contextlib.asynccontextmanager
async def running(side: Side, folder: Path) -> AsyncIterator[None]:
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
    """A gateway pod that changes is reached at the same port by the same Envoys."""
    port = await free_port()
    async with greeter(b"one") as one, greeter(b"two") as two:
        write(tmp_path, [Door(0, "gw", port, (("127.0.0.1", one),))])
        async with running(Side.OUTER, tmp_path), running(Side.INNER, tmp_path):
            await until_said(port, b"one")
            write(tmp_path, [Door(0, "gw", port, (("127.0.0.1", two),))])
            await until_said(port, b"two")


@pytest.mark.e2e
async def test_the_outer_side_goes_where_the_proxy_header_says(tmp_path: Path) -> None:
    """What leaves the world reaches the address that the pod dialled."""
    write(tmp_path, [])
    async with greeter(b"outside") as port, running(Side.OUTER, tmp_path):
        out = tmp_path / "out.sock"
        async with asyncio.timeout(20):
            while not out.exists():
                await beat()
        addresses = bytes([10, 244, 0, 9, 127, 0, 0, 1])
        header = b"\r\n\r\n\0\r\nQUIT\n\x21\x11" + struct.pack(">H", 12) + addresses
        reader, writer = await asyncio.open_unix_connection(str(out))
        writer.write(header + struct.pack(">HH", 1234, port))
        assert await reader.read() == b"outside"
        writer.close()


def test_equal_doors_give_equal_files(tmp_path: Path) -> None:
    """Nothing is reloaded for nothing."""
    doors = [Door(0, "gw", 8080, (("10.244.1.1", 80),))]
    assert files(tmp_path, doors) == files(tmp_path, list(doors))


def test_the_usual_ports_are_tried_first() -> None:
    """80 is offered at 8080 and 443 at 8443; others keep their number."""
    assert preferred_ports(80)[0] == preferred_ports(8080)[0] == 8080
    assert preferred_ports(443)[0] == 8443
    assert preferred_ports(9000)[0] == 9000
