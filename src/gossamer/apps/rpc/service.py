"""A gRPC server as an ASGI app: health (Check and Watch), and every other method echoes.

An echo sends each message back as it came, so unary and streaming calls of any service work. The
answer's metadata names the pod; the caller may ask for an ending with `echo-status: 14`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from gossamer.apps.rpc.framing import (
    Deframer,
    GrpcStatus,
    RpcServing,
    frame,
    health_response,
    read_health_request,
    trailers_of,
)

HEALTH = "/grpc.health.v1.Health/"


class CallFailed(Exception):
    """Ends a call with a status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class RpcApp:
    """gRPC for `application/grpc` requests; anything else goes to `other`."""

    pod: str
    services: Collection[str]
    other: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One call."""
        headers = dict(scope.get("headers", []))
        if not headers.get(b"content-type", b"").startswith(b"application/grpc"):
            await self.other(scope, receive, send)
            return
        await _start(send, self.pod)
        status, message = int(headers.get(b"echo-status", b"0")), ""
        try:
            async for answer in self._answers(scope["path"], _messages(receive)):
                await send({"type": "http.response.body", "body": frame(answer), "more_body": True})
        except CallFailed as failed:
            status, message = failed.status, str(failed)
        await _finish(send, status, message)

    async def _answers(self, path: str, asked: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        if not path.startswith(HEALTH):
            async for message in asked:
                yield message
            return
        service = read_health_request(await anext(asked, b""))
        if path == HEALTH + "Check":
            if not self._serves(service):
                raise CallFailed(GrpcStatus.NOT_FOUND, f"no service {service!r} here")
            yield health_response(RpcServing.SERVING)
        elif path == HEALTH + "Watch":
            yield health_response(self._state(service))
            await asyncio.Event().wait()  # nothing changes: the watch ends when its caller leaves
        else:
            raise CallFailed(GrpcStatus.UNIMPLEMENTED, f"no method {path}")

    def _serves(self, service: str) -> bool:
        return service == "" or service in self.services

    def _state(self, service: str) -> RpcServing:
        return RpcServing.SERVING if self._serves(service) else RpcServing.SERVICE_UNKNOWN


async def _start(send: Send, pod: str) -> None:
    headers = [(b"content-type", b"application/grpc"), (b"podname", pod.encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers, "trailers": True})


async def _finish(send: Send, status: int, message: str) -> None:
    await send({"type": "http.response.body", "body": b"", "more_body": False})
    trailers = trailers_of(status, message)
    await send({"type": "http.response.trailers", "headers": trailers, "more_trailers": False})


async def _messages(receive: Receive) -> AsyncIterator[bytes]:
    deframer = Deframer()
    while (event := await receive())["type"] == "http.request":
        try:
            for message in deframer.feed(event.get("body", b"")):
                yield message
        except ValueError as error:
            raise CallFailed(GrpcStatus.UNIMPLEMENTED, str(error)) from error
        if not event.get("more_body", False):
            return
