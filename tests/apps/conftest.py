"""Real sockets on ports of their own: every test serves and calls within itself."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
from starlette.types import ASGIApp

from gossamer.apps.serve.running import Http, Listener, Tcp, running
from gossamer.apps.serve.tcp import Answer

LOOPBACK = ("127.0.0.1", "::1")

Serve = Callable[..., Awaitable[list[int]]]
ServeHttp = Callable[[ASGIApp], Awaitable[str]]
ServeTcp = Callable[[Answer], Awaitable[int]]
Program = Callable[..., Awaitable["Ended"]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Serve listeners until the test ends; gives their ports."""
    async with AsyncExitStack() as stack:

        async def start(*listeners: Listener) -> list[int]:
            return await stack.enter_async_context(running(listeners, LOOPBACK))

        yield start


@pytest.fixture
def serve_http(serve: Serve) -> ServeHttp:
    """Serve one ASGI app; gives its base URL."""

    async def start(app: ASGIApp) -> str:
        (port,) = await serve(Http(0, app))
        return f"http://127.0.0.1:{port}"

    return start


@pytest.fixture
def serve_tcp(serve: Serve) -> ServeTcp:
    """Serve one coroutine per connection; gives its port."""

    async def start(answer: Answer) -> int:
        (port,) = await serve(Tcp(0, answer))
        return port

    return start


@dataclass(slots=True)
class Ended:
    """A program's end."""

    code: int
    out: str
    err: str


@pytest.fixture
def program() -> Program:
    """Run `python -m gossamer.apps ...` to its end."""

    async def run(*args: str, **environ: str) -> Ended:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "gossamer.apps",
            *args,
            env={**os.environ, **environ},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(), 60)
        return Ended(process.returncode or 0, out.decode(), err.decode())

    return run
