"""Asking within an event loop, as long-running programs do."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path
from typing import Any

from gossamer.process.json_lines.line import LONGEST_LINE, Payload, line_of, read_answer


async def send(writer: asyncio.StreamWriter, payload: Payload) -> None:
    """Write one object, and wait while the other side is slow."""
    writer.write(line_of(payload))
    await writer.drain()


def send_socket(connection: int, payload: Payload, lent: socket.socket) -> None:
    """Write one object and a socket with it. Nothing else may wait to be written there."""
    with socket.socket(fileno=os.dup(connection)) as there:
        socket.send_fds(there, [line_of(payload)], [lent.fileno()])


async def borrow(path: Path, payload: Payload) -> tuple[dict[str, Any], socket.socket]:
    """An answer that brings a socket along; OSError with its `error` where none came."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.setblocking(False)
        await loop.sock_connect(connection, str(path))
        await loop.sock_sendall(connection, line_of(payload))
        line, descriptors = await _received(connection)
    answer = read_answer(line)
    if not descriptors:
        raise OSError(answer.get("error") or "its answer brought no connection")
    return answer, socket.socket(fileno=descriptors[0])


async def _received(connection: socket.socket) -> tuple[bytes, list[int]]:
    line, descriptors = b"", list[int]()
    while not line.endswith(b"\n"):
        await readiness(connection, for_writing=False)
        chunk, more, _, _ = socket.recv_fds(connection, 1 << 16, 1)
        descriptors += more
        if not chunk:
            break
        line += chunk
    return line, descriptors


async def readiness(connection: socket.socket, *, for_writing: bool) -> None:
    """Returns when the socket can be read from, or written to."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    add, remove = (
        (loop.add_writer, loop.remove_writer)
        if for_writing
        else (loop.add_reader, loop.remove_reader)
    )
    add(connection, ready.set)
    try:
        await ready.wait()
    finally:
        remove(connection)


async def exchange(path: Path, payload: Payload) -> dict[str, Any]:
    """The answer of whoever listens at `path`; OSError where there is none, or no JSON in it."""
    reader, writer = await asyncio.open_unix_connection(str(path), limit=LONGEST_LINE)
    try:
        await send(writer, payload)
        line = await reader.readline()
    except ValueError as error:  # longer than the longest line
        raise ConnectionError(f"its answer is unreadable: {error}") from error
    finally:
        writer.close()
    return read_answer(line)
