"""A process may lend a connection that another cannot make: a socket comes with the answer."""

from __future__ import annotations

import asyncio
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gossamer.process.json_lines.exchange import borrow, send_socket
from gossamer.process.json_lines.line import line_of, read_object

Answer = Callable[[socket.socket, dict[str, object]], None]


@pytest.fixture
def path() -> Iterator[Path]:
    """Short, as a socket's path must be."""
    with tempfile.TemporaryDirectory(prefix="gow") as folder:
        yield Path(folder) / "s"


def lender(path: Path, answer: Answer) -> threading.Thread:
    """Answers one question at the path."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen()

    def serve() -> None:
        with listening, listening.accept()[0] as caller:
            answer(caller, read_object(caller.recv(1 << 16)) or {})

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


async def test_a_lent_socket_is_the_lenders_own_connection(path: Path) -> None:
    """What is written into it arrives at its other end; the answer says what it is."""
    here, there = socket.socketpair()

    def lend(caller: socket.socket, question: dict[str, object]) -> None:
        send_socket(caller.fileno(), {"pod": question["pod"]}, here)

    thread = lender(path, lend)
    answer, lent = await borrow(path, {"op": "connect", "pod": "shop/web-1"})
    with lent, here, there:
        lent.sendall(b"hello")
        assert there.recv(5) == b"hello"
    assert answer == {"pod": "shop/web-1"}
    thread.join(5)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"error": "pod shop/web-1 port 80: connection refused"}, "connection refused"),
        ({}, "its answer brought no connection"),
    ],
)
async def test_an_answer_without_a_socket_says_why(
    path: Path, answer: dict[str, object], why: str
) -> None:
    """The lender's own words, or that there was nothing."""
    thread = lender(path, lambda caller, _: caller.sendall(line_of(answer)))
    with pytest.raises(OSError, match=why):
        await borrow(path, {"op": "connect"})
    thread.join(5)


async def test_a_lender_that_hangs_up_is_an_error(path: Path) -> None:
    """In the middle of a line as well."""
    thread = lender(path, lambda caller, _: caller.sendall(b'{"pod"'))
    with pytest.raises(ConnectionError):
        await asyncio.wait_for(borrow(path, {"op": "connect"}), 10)
    thread.join(5)
