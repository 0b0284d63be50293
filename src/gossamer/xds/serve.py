"""The gRPC face of the xDS server: delta ADS and unary calls, bytes in and bytes out.

grpc.aio with generic handlers: no message objects are made for responses, and nothing above
`session.Transport` knows gRPC.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc

from gossamer.process.event_log import EventLog
from gossamer.process.private_socket import LONGEST_SOCKET_PATH, bound_privately
from gossamer.xds.stream.session import MalformedRequest, OpenStreams, Peer, StreamRefused
from gossamer.xds.wire import MalformedFrame

DELTA_ADS = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"

Unary = Callable[[bytes, Peer, Mapping[str, str]], Awaitable[bytes]]
"""A unary call: (request, peer, metadata) to response. Raises StreamRefused."""

Sink = Callable[[bytes], None]
"""Takes each message of a stream. Raises ValueError where it is malformed."""

Fetch = Callable[[], tuple[bytes, bytes, bytes]]
"""Gives a key, its chain and the roots to check clients by, as PEM."""

Credentials = Callable[[], Any]
"""Makes grpc server credentials; each address has its own, since they keep state."""

_log = EventLog("gossamer.xds")

_LONGEST_DETAILS = 2000
_AT_THE_DOOR = 100_000
"""Streams that may wait to be let in. gRPC's own bound of 1,000 turns some of more away at random,
and everyone is there at once when a plane is back."""

_OPTIONS = (
    ("grpc.server.max_pending_requests", _AT_THE_DOOR),
    ("grpc.server.max_pending_requests_hard_limit", _AT_THE_DOOR),
    ("grpc.max_receive_message_length", 16 << 20),
    ("grpc.max_send_message_length", -1),
    ("grpc.so_reuseport", 0),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 5000),
    ("grpc.http2.max_ping_strikes", 0),
)


class CannotListen(Exception):
    """An address cannot be served; says which, why and what to do."""


@dataclass(frozen=True, slots=True)
class Serving:
    """A running server: its gRPC object (kept alive by this) and TCP port by address."""

    server: Any = field(repr=False)
    ports: Mapping[str, int]

    async def close(self, grace_s: float = 0.0) -> None:
        """Refuse new calls, give open ones `grace_s` seconds, then end them."""
        await self.server.stop(grace_s)
        for address in self.ports:
            if path := _unix_path(address):
                with suppress(FileNotFoundError):
                    os.unlink(path)


async def serve(
    addresses: Iterable[str],
    streams: OpenStreams,
    unary: Mapping[str, Unary] | None = None,
    credentials: Credentials | None = None,
    sinks: Mapping[str, Sink] | None = None,
) -> Serving:
    """Serve on every address: `unix:PATH` (mode 0600) or `HOST:PORT` (port 0: any).

    `sinks` are streams that only the client speaks on, by path.

    `credentials` see `mutual_tls`; None serves plaintext, which only a private Unix socket
    should. Raises CannotListen.
    """
    methods = {path: _unary(path, call) for path, call in (unary or {}).items()}
    methods |= {path: _listening(path, sink) for path, sink in (sinks or {}).items()}
    methods[DELTA_ADS] = _stream(streams)
    server = grpc.aio.server(handlers=(_Methods(methods),), options=_OPTIONS)
    ports = {address: _listen(server, address, credentials) for address in addresses}
    await server.start()
    return Serving(server, ports)


def mutual_tls(fetch: Fetch) -> Credentials:
    """Server credentials that demand a client certificate, made anew for each address.

    `fetch` gives (key, chain, roots) as PEM and is asked at each handshake, so renewed
    certificates serve without a restart. It runs on threads of gRPC's.

    gRPC is handed a configuration only when it is another. Each replaces the one that other
    handshakes may just be using: with one a handshake, a hundred clients connecting at once ended
    the process with a segmentation fault (grpcio 1.85), besides parsing the PEM every time.
    """

    def credentials() -> Any:
        last = fetch()
        lock = threading.Lock()

        def changed() -> Any:
            nonlocal last
            with lock:
                now = fetch()
                if now == last:
                    return None
                last = now
            return _configuration(now)

        return grpc.dynamic_ssl_server_credentials(
            _configuration(last), changed, require_client_authentication=True
        )

    return credentials


def _configuration(certificate: tuple[bytes, bytes, bytes]) -> Any:
    key, chain, roots = certificate
    return grpc.ssl_server_certificate_configuration([(key, chain)], roots)


def _listen(server: Any, address: str, credentials: Credentials | None) -> int:
    path = _unix_path(address)
    try:
        if path is None:
            return _add_port(server, address, credentials)
        with bound_privately(Path(path)) as draft:
            if max(len(os.fsencode(each)) for each in (path, draft)) > LONGEST_SOCKET_PATH:
                raise _too_long(path)
            return _add_port(server, f"unix:{draft}", credentials)
    except (RuntimeError, OSError) as error:
        raise CannotListen(
            f"cannot listen on {address!r} ({error}), nothing is served there. "
            "Free the address or choose another"
        ) from error


def _add_port(server: Any, address: str, credentials: Credentials | None) -> int:
    """Bind and listen; RuntimeError where gRPC cannot."""
    if credentials is None:
        return int(server.add_insecure_port(address))
    return int(server.add_secure_port(address, credentials()))


def _too_long(path: str) -> CannotListen:
    return CannotListen(
        f"Unix socket {path!r} is longer than the kernel takes ({LONGEST_SOCKET_PATH} bytes, and "
        "a few are needed while it is made), so nothing can be served there. Choose a shorter "
        "folder (GOSSAMER_HOME)"
    )


def _unix_path(address: str) -> str | None:
    return address.removeprefix("unix:") if address.startswith("unix:") else None


class _Methods(grpc.GenericRpcHandler):  # type: ignore[misc]
    """The methods of this server, by path."""

    def __init__(self, methods: Mapping[str, Any]) -> None:
        self._methods = methods

    def service(self, details: Any) -> Any:
        return self._methods.get(details.method)


def _stream(streams: OpenStreams) -> Any:
    async def converse(_: Any, context: Any) -> None:
        try:
            await streams.converse(_GrpcTransport(context))
        except asyncio.CancelledError:
            _log.debug("xds-cancelled", peer=context.peer())  # gRPC ends calls this way
        except StreamRefused as refusal:
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, _details(refusal))
        except MalformedFrame as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, _details(error))
        except Exception as error:
            if not context.done():
                _log.exception("xds-stream-failed", peer=context.peer(), error=repr(error))
                await context.abort(grpc.StatusCode.INTERNAL, f"the stream failed: {error}")
            _log.debug("xds-ended", peer=context.peer(), reason=str(error))

    return grpc.stream_stream_rpc_method_handler(converse)


def _unary(path: str, call: Unary) -> Any:
    async def answer(request: bytes, context: Any) -> bytes:
        try:
            return await call(request, peer_of(context), _metadata(context))
        except MalformedRequest as malformed:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, _details(malformed))
        except StreamRefused as refusal:
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, _details(refusal))
        except Exception as error:
            _log.exception("call-failed", method=path, error=repr(error))
            await context.abort(grpc.StatusCode.INTERNAL, f"{path} failed: {error}")
        raise AssertionError("abort returned")

    return grpc.unary_unary_rpc_method_handler(answer)


def _listening(path: str, sink: Sink) -> Any:
    async def listen(messages: Any, context: Any) -> bytes:
        try:
            async for message in messages:
                sink(message)
        except asyncio.CancelledError:
            _log.debug("stream-ended", method=path, peer=context.peer())
        except Exception as error:
            _log.exception("stream-failed", method=path, error=repr(error))
            await context.abort(grpc.StatusCode.INTERNAL, f"{path} failed: {error}")
        return b""

    return grpc.stream_unary_rpc_method_handler(listen)


def _details(error: Exception) -> str:
    """An error's words as gRPC can carry them: it may quote anything, at any length."""
    return str(error)[:_LONGEST_DETAILS].encode("utf-8", "backslashreplace").decode()


class _GrpcTransport:
    """One gRPC call as a transport."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self.peer = peer_of(context)
        self.metadata = _metadata(context)

    async def read(self) -> bytes | None:
        data = await self._context.read()
        return None if data is grpc.aio.EOF else data

    async def write(self, data: bytes) -> None:
        await self._context.write(data)

    async def greet(self) -> None:
        await self._context.send_initial_metadata(())


def peer_of(context: Any) -> Peer:
    """The peer of a call; its SPIFFE id comes from the certificate and from nowhere else.

    A certificate with more than one URI is no SVID, and its bearer nobody.
    """
    names = context.auth_context().get("x509_subject_alternative_name", ())
    uris = [name.decode() for name in names if b"://" in name]
    others = [name.decode() for name in names if b"://" not in name]
    dns = others[0] if len(others) == 1 else ""
    return Peer(context.peer(), uris[0] if len(uris) == 1 else None, dns)


def _metadata(context: Any) -> dict[str, str]:
    pairs = context.invocation_metadata() or ()
    return {key: value for key, value in pairs if isinstance(value, str)}
