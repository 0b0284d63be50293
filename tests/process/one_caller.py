"""A program that takes one caller at a Unix socket, says some lines and then nothing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def says(path: Path, *lines: bytes, hangs_up: bool = False) -> Iterator[None]:
    """Says these lines to the first caller; it stays on the line unless `hangs_up`."""
    over = threading.Event()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            caller, _ = listener.accept()
            with caller:
                if hangs_up:
                    caller.makefile("rb").readline()
                for line in lines:
                    caller.sendall(line)
                if not hangs_up:
                    over.wait()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
