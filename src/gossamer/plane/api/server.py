"""The API on a Unix socket that is its owner's: mode 0600, each peer's uid checked.

Where the access file names other users of the machine, its mode lets them connect; whom it does not
name is hung up on all the same.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from gossamer.process.event_log import EventLog
from gossamer.process.private_socket import LONGEST_SOCKET_PATH, listen_private, peer_uid

_log = EventLog("gossamer.plane")

_GRACE_SECONDS = 2


class SocketProblem(Exception):
    """The socket cannot be made. The message says who, what, effect and remedy."""


MayConnect = Callable[[int], bool]
"""Whether the processes of a user, by uid, are heard."""


def is_owner(uid: int) -> bool:
    """Our own user, and root."""
    return uid in (os.geteuid(), 0)


class _Config(uvicorn.Config):
    """The server's settings, and who may connect: each connection has them at hand."""

    def __init__(self, app: ASGIApp, may_connect: MayConnect, **settings: Any) -> None:
        super().__init__(app, **settings)
        self.may_connect = may_connect


class KnownOnly(H11Protocol):
    """HTTP for users who may connect; every other peer is hung up on before it says a word."""

    def connection_made(self, transport: Any) -> None:
        """Look who calls, then go on as always."""
        uid = peer_uid(transport.get_extra_info("socket"))
        if isinstance(self.config, _Config) and self.config.may_connect(uid):
            super().connection_made(transport)
            self.client = (str(uid), 0)  # whose requests these are
            return
        _log.warning("api-caller-refused", uid=uid)
        self.transport = transport
        transport.set_protocol(asyncio.Protocol())
        transport.abort()


@asynccontextmanager
async def serving(
    app: ASGIApp, path: Path, may_connect: MayConnect = is_owner
) -> AsyncIterator[None]:
    """Serve the application at the path while inside. Raises SocketProblem."""
    listener = bind_private(path)
    server = _Server(
        _Config(
            app,
            may_connect,
            http=KnownOnly,
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
    """A listening Unix socket of mode 0600 at the path, in the place of one that no process
    serves."""
    if len(os.fsencode(path)) > LONGEST_SOCKET_PATH:
        raise SocketProblem(
            f"The socket path {path} is too long for the kernel ({LONGEST_SOCKET_PATH} bytes). "
            "The control plane does not start. Set GOSSAMER_HOME to a shorter folder"
        )
    if _answers(path):
        raise SocketProblem(
            f"Another control plane answers at {path}. This one does not start. Stop that one"
        )
    try:
        return listen_private(path)
    except OSError as error:
        raise SocketProblem(
            f"The socket {path} cannot be made: {error}. The control plane does not start. "
            "Make its folder writable for this user"
        ) from error


def set_open(path: Path, to_others: bool) -> None:
    """Let every user of the machine connect, or the owner alone."""
    path.chmod(0o666 if to_others else 0o600)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(os.fspath(path)) == 0
