"""The API on a Unix socket that only its owner may use: mode 0600, each peer's uid checked."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

_log = logging.getLogger(__name__)

_LONGEST_PATH = 107
_GRACE_SECONDS = 2


class SocketProblem(Exception):
    """The socket cannot be made. The message says who, what, effect and remedy."""


class OwnerOnly(H11Protocol):
    """HTTP for our own uid and root; every other peer is hung up on before it says a word."""

    def connection_made(self, transport: Any) -> None:
        """Look who calls, then go on as always."""
        uid = peer_uid(transport.get_extra_info("socket"))
        if uid in (os.geteuid(), 0):
            super().connection_made(transport)
            return
        _log.warning("api caller refused", extra={"uid": uid})
        self.transport = transport
        transport.set_protocol(asyncio.Protocol())
        transport.abort()


def peer_uid(connection: Any) -> int:
    """The uid of the process at the other end of a Unix socket, as the kernel knows it."""
    size = struct.calcsize("3i")
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    return int(struct.unpack("3i", raw)[1])


@asynccontextmanager
async def serving(app: ASGIApp, path: Path) -> AsyncIterator[None]:
    """Serve the application at the path while inside. Raises SocketProblem."""
    listener = bind_private(path)
    server = _Server(
        uvicorn.Config(
            app,
            http=OwnerOnly,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
    )
    identity = os.stat(path).st_ino
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await server.ready.wait()
        yield
    finally:
        server.should_exit = True
        await task
        listener.close()
        with suppress(FileNotFoundError):
            if os.stat(path).st_ino == identity:
                path.unlink()


class _Server(uvicorn.Server):
    """A server that leaves signals to the program and tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bind_private(path: Path) -> socket.socket:
    """A listening Unix socket of mode 0600 at the path, in the place of one nobody answers at.

    It is made under another name and renamed, so that it is never there with a wider mode.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    if len(os.fsencode(draft)) > _LONGEST_PATH:
        raise SocketProblem(
            f"The socket path {path} is too long for the kernel ({_LONGEST_PATH} bytes). "
            "The control plane does not start. Set GOSSAMER_HOME to a shorter folder"
        )
    if _answers(path):
        raise SocketProblem(
            f"Another control plane answers at {path}. This one does not start. Stop that one"
        )
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        draft.unlink(missing_ok=True)
        listener.bind(os.fspath(draft))
        draft.chmod(0o600)
        listener.listen(128)
        draft.rename(path)
    except OSError as error:
        listener.close()
        raise SocketProblem(
            f"The socket {path} cannot be made: {error}. The control plane does not start. "
            "Make its folder writable for this user"
        ) from error
    return listener


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(os.fspath(path)) == 0
