"""gRPC for a stand-in: health is SERVING for every name, reflection lists the two services that
are known, and every other method answers each message with an empty one, which is a valid message
of any type.

Field numbers: grpc/health/v1/health.proto, grpc/reflection/v1/reflection.proto.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from gossamer.apps.rpc.framing import Deframer, RpcServing, frame, health_response, trailers_of

HEALTH = "/grpc.health.v1.Health/"
REFLECTION = ("/grpc.reflection.v1.", "/grpc.reflection.v1alpha.")
LISTED = ("grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection")
LIST_SERVICES = b"\x3a"  # field 7 of ServerReflectionRequest, a string
NOT_FOUND = b"\x3a\x02\x08\x05"  # field 7 of ServerReflectionResponse: error_code 5


async def answer_rpc(path: str, receive: Any, send: Any) -> None:
    """One call, to its trailers."""
    headers = [(b"content-type", b"application/grpc")]
    await send({"type": "http.response.start", "status": 200, "headers": headers, "trailers": True})
    status, words = 0, ""
    try:
        async for message in _messages(receive):
            body = frame(_answer(path, message))
            await send({"type": "http.response.body", "body": body, "more_body": True})
            if path == HEALTH + "Watch":
                await asyncio.Event().wait()  # it stays so until the caller leaves
    except ValueError as error:
        status, words = 12, str(error)
    await send({"type": "http.response.body", "body": b"", "more_body": False})
    trailers = trailers_of(status, words)
    await send({"type": "http.response.trailers", "headers": trailers, "more_trailers": False})


def _answer(path: str, message: bytes) -> bytes:
    if path.startswith(HEALTH):
        return health_response(RpcServing.SERVING)
    if path.startswith(REFLECTION):
        return _services() if LIST_SERVICES in message[-2:] + message[:1] else NOT_FOUND
    return b""


def _services() -> bytes:
    """ServerReflectionResponse: field 6, a list of services with names; all short."""
    entries = b"".join(_field(1, _field(1, name.encode())) for name in LISTED)
    return _field(6, entries)


def _field(number: int, value: bytes) -> bytes:
    assert len(value) < 128, "one byte of length"
    return bytes([number << 3 | 2, len(value)]) + value


async def _messages(receive: Any) -> AsyncIterator[bytes]:
    deframer = Deframer()
    while (event := await receive())["type"] == "http.request":
        for message in deframer.feed(event.get("body", b"")):
            yield message
        if not event.get("more_body", False):
            return
