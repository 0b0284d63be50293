"""Unix sockets that only their owner can reach, without touching the umask, which is the process's.

A umask that is changed for a moment is changed for every thread: a file that another one makes in
that moment gets the wrong mode. Here the mode belongs to the socket from the first.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

LONGEST_SOCKET_PATH = 107
"""Bytes in the kernel's sockaddr_un, less its final zero."""


def listen_private(path: Path, backlog: int = 128) -> socket.socket:
    """A listening Unix socket of mode 0600 in the place of whatever is at `path`.

    Linux gives the new file the mode that the socket has, which is narrowed before there is a
    file. It is made beside `path` and renamed, so a caller finds the former socket or this one.
    OSError where it cannot be made.
    """
    draft = path.with_name(f".{os.getpid():x}")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        draft.unlink(missing_ok=True)
        os.fchmod(listener.fileno(), 0o600)
        listener.bind(os.fspath(draft))
        listener.listen(backlog)
        draft.rename(path)
    except OSError:
        listener.close()
        raise
    return listener


@contextmanager
def bound_privately(path: Path) -> Iterator[Path]:
    """Where somebody else, who sets no mode, may bind what is to be at `path` with mode 0600.

    It is a place in a new folder of mode 0700: nobody else reaches it before it has its mode.
    """
    with TemporaryDirectory(prefix=".", dir=path.parent) as folder:
        draft = Path(folder) / "s"
        yield draft
        draft.chmod(0o600)
        draft.rename(path)


def peer_uid(connection: Any) -> int:
    """The uid of the process at the other end of a Unix socket, as the kernel knows it."""
    return _credentials(connection)[1]


def peer_pid(connection: Any) -> int:
    """Its process id: of who listened, if this end connected; 0 where it cannot be seen here."""
    return _credentials(connection)[0]


def _credentials(connection: Any) -> tuple[int, int, int]:
    size = struct.calcsize("3i")
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    pid, uid, gid = struct.unpack("3i", raw)
    return pid, uid, gid
