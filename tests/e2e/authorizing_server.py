"""An external authorizer: whether a call is let in is said by its own header `x-verdict`.

`allow` lets it in, and nothing else does. Port 8000 speaks HTTP and takes any path; port 9000 is
gRPC's `envoy.service.auth.v3.Authorization`. Each says who was let in, and what it was asked.
"""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Iterator, Mapping

import grpc
from envoy.config.core.v3.base_pb2 import HeaderValue, HeaderValueOption
from envoy.service.auth.v3.external_auth_pb2 import CheckRequest, CheckResponse
from starlette.types import Receive, Scope, Send

from gossamer.apps.serve.running import Http, running

OK, PERMISSION_DENIED = 0, 7
CHECK = "/envoy.service.auth.v3.Authorization/Check"


def answer_headers(allowed: bool, asked: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """What both protocols say beside the verdict."""
    yield "x-user", "alice" if allowed else "nobody"
    yield "x-checked", json.dumps(asked, sort_keys=True)


async def over_http(scope: Scope, receive: Receive, send: Send) -> None:
    """One check over HTTP: the path and the headers that came with it."""
    if scope["type"] != "http":
        return
    size = 0
    while True:
        message = await receive()
        size += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    headers = {key.decode(): value.decode() for key, value in scope["headers"]}
    allowed = headers.get("x-verdict") == "allow"
    asked = {"path": scope["path"], "method": scope["method"], "body": size, **headers}
    told = [(key.encode(), value.encode()) for key, value in answer_headers(allowed, asked)]
    status = 200 if allowed else 401
    await send({"type": "http.response.start", "status": status, "headers": told})
    await send({"type": "http.response.body", "body": b"" if allowed else b"not by me"})


async def over_grpc(request: CheckRequest, context: object) -> CheckResponse:
    """One check over gRPC: the request as Envoy describes it."""
    http = request.attributes.request.http
    allowed = http.headers.get("x-verdict") == "allow"
    asked = {
        "path": http.path,
        "method": http.method,
        "principal": request.attributes.source.principal,
        "body": len(http.body),
    }
    options = [
        HeaderValueOption(header=HeaderValue(key=key, value=value))
        for key, value in answer_headers(allowed, asked)
    ]
    answer = CheckResponse()
    answer.status.code = OK if allowed else PERMISSION_DENIED
    if allowed:
        answer.ok_response.headers.extend(options)
    else:
        answer.denied_response.status.code = 401  # type: ignore[assignment]
        answer.denied_response.headers.extend(options)
        answer.denied_response.body = "not by me"
    return answer


async def main() -> None:
    """Until SIGTERM."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    server = grpc.aio.server()
    check = grpc.unary_unary_rpc_method_handler(
        over_grpc,
        request_deserializer=CheckRequest.FromString,
        response_serializer=lambda answer: answer.SerializeToString(),
    )
    service = CHECK.split("/")[1]
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(service, {"Check": check}),)
    )
    server.add_insecure_port("[::]:9000")
    await server.start()
    async with running([Http(8000, over_http)]):
        await ended.wait()
    await server.stop(None)


asyncio.run(main())
