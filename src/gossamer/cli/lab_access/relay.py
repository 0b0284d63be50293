"""Local ports whose connections go on to pods: the moving half of `port-forward`.

Each connection asks the holder for a socket in a pod's network, so a pod that is replaced costs
the connections that it had, and the next one finds its successor.
"""

from __future__ import annotations

import asyncio
import resource
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gossamer.process.json_lines.exchange import borrow
from gossamer.process.json_lines.line import LONGEST_LINE, line_of

CHUNK = 1 << 16
BACKLOG = 512
ANSWER_S = 30.0
CROWDED_S = 0.1
ASKED_AT_ONCE = 32
"""Questions to the holder at one time; it refuses more than its socket's queue holds (128)."""


class LabEnded(Exception):
    """The holder hung up: the lab is down."""


@dataclass(slots=True)
class LocalPort:
    """A listening socket of this machine and the question to the holder for what it leads to."""

    listening: socket.socket
    question: dict[str, Any]
    shown: str
    """`8080 -> 80`, for what is said of its connections."""

    @property
    def number(self) -> int:
        return int(self.listening.getsockname()[1])


async def serve(
    holder: Path,
    ports: Iterable[LocalPort],
    heard: Callable[[int], None],
    report: Callable[[str], None],
) -> None:
    """Carry connections until cancelled; LabEnded when the lab is over.

    `heard` is called with a port for each connection, `told` with what went wrong.
    """
    _allow_many_files()
    works = [_until_the_lab_ends(holder), *(_accept(holder, p, heard, report) for p in ports)]
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()


def _allow_many_files() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def _until_the_lab_ends(holder: Path) -> None:
    try:
        reader, writer = await asyncio.open_unix_connection(str(holder), limit=LONGEST_LINE)
        writer.write(line_of({"op": "subscribe"}))
        while await reader.read(CHUNK):
            pass
    except OSError as error:
        raise LabEnded from error
    raise LabEnded


async def _accept(
    holder: Path, port: LocalPort, heard: Callable[[int], None], report: Callable[[str], None]
) -> None:
    loop = asyncio.get_running_loop()
    port.listening.setblocking(False)
    running: set[asyncio.Task[None]] = set()
    turn = asyncio.Semaphore(ASKED_AT_ONCE)
    while True:
        try:
            caller, _ = await loop.sock_accept(port.listening)
        except OSError as refused:
            report(f"no connection can be taken on port {port.number}: {refused.strerror}")
            await asyncio.sleep(CROWDED_S)
            continue
        heard(port.number)
        task = asyncio.create_task(_carry(turn, holder, port, caller, report))
        running.add(task)
        task.add_done_callback(running.discard)


async def _carry(
    turn: asyncio.Semaphore,
    holder: Path,
    port: LocalPort,
    caller: socket.socket,
    report: Callable[[str], None],
) -> None:
    """One connection, both ways, until both sides have said all."""
    with caller:
        caller.setblocking(False)
        try:
            async with turn, asyncio.timeout(ANSWER_S):
                answer, pod = await borrow(holder, port.question)
        except OSError as error:
            report(f"an error occurred forwarding {port.shown}: {error}")
            return
        port.question["pod"] = answer["pod"]
        with pod:
            pod.setblocking(False)
            await _both_ways(caller, pod)


async def _both_ways(caller: socket.socket, pod: socket.socket) -> None:
    """Copy until each side has ended; a side that breaks off takes the other along."""
    ways = [asyncio.ensure_future(_copy(*ends)) for ends in ((caller, pod), (pod, caller))]
    try:
        await asyncio.gather(*ways)
    except OSError:
        return
    finally:
        for way in ways:
            way.cancel()
        await asyncio.wait(ways)


async def _copy(source: socket.socket, sink: socket.socket) -> None:
    """What one side says; then its end, which leaves the other free to go on."""
    loop = asyncio.get_running_loop()
    while chunk := await loop.sock_recv(source, CHUNK):
        await loop.sock_sendall(sink, chunk)
    sink.shutdown(socket.SHUT_WR)
