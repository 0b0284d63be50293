"""Asking without an event loop, as commands do: blocking, and cheap to import."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from gossamer.process.json_lines.line import LONGEST_LINE, Payload, line_of, read_answer


def ask_process(path: Path, payload: Payload, timeout_s: float | None = None) -> dict[str, Any]:
    """The answer of whoever listens at `path`; OSError where there is none, or no JSON in it."""
    with asked(path, payload, timeout_s) as answers:
        return read_answer(answers.readline())


@contextmanager
def asked(path: Path, payload: Payload, timeout_s: float | None = None) -> Iterator[AnswerLines]:
    """The lines that whoever listens at `path` answers with, each within so many seconds."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout_s)
        connection.connect(str(path))
        connection.sendall(line_of(payload))
        with connection.makefile("rb") as lines:
            yield AnswerLines(connection, lines)


@dataclass(frozen=True, slots=True)
class AnswerLines:
    """What comes on a connection, line by line."""

    connection: socket.socket
    lines: BinaryIO

    def readline(self, late: float | None = None) -> bytes:
        """The next line, empty at the end. TimeoutError at `late`, a time of the monotonic clock.

        The socket waits so long and no longer: there is no alarm to set for the whole process.
        """
        if late is not None:
            left = late - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.connection.settimeout(left)
        line = self.lines.readline(LONGEST_LINE + 1)
        if len(line) > LONGEST_LINE:
            raise ConnectionError(f"its answer is longer than {LONGEST_LINE} bytes")
        return line
