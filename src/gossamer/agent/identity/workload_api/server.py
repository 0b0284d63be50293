"""The gRPC rim of the Workload API: a private Unix socket, and the header that is demanded.

The header keeps a request that an application was tricked into sending (SSRF) from being answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc

from gossamer.process.clock import Clock, backoff
from gossamer.process.event_log import EventLog
from gossamer.process.private_socket import LONGEST_SOCKET_PATH, bound_privately

_SERVICE = "/SpiffeWorkloadAPI/"
FETCH_X509_SVID = f"{_SERVICE}FetchX509SVID"
FETCH_X509_BUNDLES = f"{_SERVICE}FetchX509Bundles"

HEADER = "workload.spiffe.io"

MOST_CALLS = 64
"""Calls that one pod may have open; more are refused, so that it cannot fill the agent's memory."""

_OPTIONS = (
    ("grpc.max_receive_message_length", 64 << 10),
    ("grpc.so_reuseport", 0),
    ("grpc.max_concurrent_streams", MOST_CALLS),
)

log = EventLog("gossamer.agent")

Follow = Callable[[], AsyncIterator[bytes]]
"""The messages of a stream, for ever. Raises NotSignedYet."""


class NotSignedYet(Exception):
    """There is no identity to give yet; the text is for the application's log."""


async def serve_forever(socket: Path, streams: Mapping[str, Follow], clock: Clock) -> None:
    """Answer on the socket until cancelled. What keeps it from listening is logged, and it is
    tried again: the proxy beside it does not depend on it."""
    for wait in backoff(1, 5, 30):
        server = grpc.aio.server(
            handlers=(_Methods(streams),),
            options=_OPTIONS,
            maximum_concurrent_rpcs=MOST_CALLS,
        )
        try:
            _listen(server, socket)
            await server.start()
            # Not wait_for_termination: cancelled, it takes away what stop waits for, and a server
            # that was not stopped ends the process (grpcio 1.85).
            await asyncio.Event().wait()
        except (OSError, RuntimeError) as error:
            log.warning("workload-api-not-served", socket=str(socket), reason=str(error))
        finally:
            await server.stop(0)
            with suppress(FileNotFoundError):
                socket.unlink()
        await clock.wait(wait)


def _listen(server: Any, socket: Path) -> None:
    with bound_privately(socket) as draft:
        if max(len(str(each).encode()) for each in (socket, draft)) > LONGEST_SOCKET_PATH:
            raise OSError(
                f"the path of the socket is longer than {LONGEST_SOCKET_PATH} bytes; the workload "
                "gets no identity. Set GOSSAMER_HOME to a shorter folder"
            )
        server.add_insecure_port(f"unix:{draft}")


class _Methods(grpc.GenericRpcHandler):  # type: ignore[misc]
    """The methods of one server, by path; gRPC refuses all others."""

    def __init__(self, streams: Mapping[str, Follow]) -> None:
        self._streams = streams

    def service(self, details: Any) -> Any:
        follow = self._streams.get(details.method)
        return _handler(follow) if follow else None


def _handler(follow: Follow) -> Any:
    async def answer(_: bytes, context: Any) -> None:
        await _demand_header(context)
        try:
            async for message in follow():
                await context.write(message)
        except NotSignedYet as reason:
            await context.abort(grpc.StatusCode.UNAVAILABLE, str(reason))

    return grpc.unary_stream_rpc_method_handler(answer)


async def _demand_header(context: Any) -> None:
    values = [value for key, value in context.invocation_metadata() or () if key == HEADER]
    if values != ["true"]:
        await context.abort(
            grpc.StatusCode.INVALID_ARGUMENT,
            f"the metadata {HEADER}: true is missing, so the call is refused. Use a client of the "
            "SPIFFE Workload API, which sends it",
        )
