"""grpc-call: one gRPC call from the command line, to check health or to echo."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from gossamer.apps.client.dial import Dialling, dial, parse_url
from gossamer.apps.client.exchange import CallError, Headers, Request, exchange
from gossamer.apps.rpc.framing import (
    Deframer,
    GrpcStatus,
    frame,
    health_request,
    message_of,
    read_health_response,
)

H2C = Dialling(protocol="h2")
SHORT = {
    "health": "grpc.health.v1.Health/Check",
    "echo": "gossamer.v1.Echo/Echo",
}


@dataclass(frozen=True, slots=True)
class RpcAnswer:
    """How a call ended, with its messages and metadata."""

    status: int
    message: str
    messages: tuple[bytes, ...]
    headers: Headers


async def unary(
    target: str, method: str, message: bytes, metadata: Headers = (), timeout_s: float = 10.0
) -> RpcAnswer:
    """One unary call of `package.Service/Method` at HOST:PORT. CallError if there is no answer."""
    address, _ = parse_url(target)
    headers = (("te", "trailers"), ("content-type", "application/grpc"), *metadata)
    request = Request(f"/{method}", "POST", headers, frame(message))
    try:
        async with asyncio.timeout(timeout_s):
            connection = await dial(address, H2C)
            try:
                response = await exchange(connection, request)
            finally:
                connection.close()
    except TimeoutError as error:
        raise CallError("timeout", f"no answer from {target} within {timeout_s:g} s") from error
    ending = dict((*response.head.headers, *response.trailers))
    if "grpc-status" not in ending:
        raise CallError(
            "protocol", f"{target} answered HTTP {response.status} without a grpc-status"
        )
    messages = tuple(Deframer().feed(response.body))
    text = message_of(ending.get("grpc-message", ""))
    return RpcAnswer(int(ending["grpc-status"]), text, messages, response.head.headers)


def main(name: str, args: Sequence[str]) -> int:
    """`grpc-call HOST:PORT health|echo|package.Service/Method`; exit 0 only for status OK."""
    asked = _parser().parse_args(args)
    method = SHORT.get(asked.method, asked.method).lstrip("/")
    health = method == SHORT["health"]
    message = health_request(asked.service) if health else asked.data.encode()
    metadata = tuple((n.strip(), v.strip()) for n, _, v in (h.partition(":") for h in asked.header))
    try:
        answer = asyncio.run(unary(asked.target, method, message, metadata, asked.timeout))
    except CallError as error:
        print(f"grpc-call: {error}", file=sys.stderr)
        return 1
    print(json.dumps(_told(answer, health)))
    return 0 if answer.status == GrpcStatus.OK else 1


def _told(answer: RpcAnswer, health: bool) -> dict[str, object]:
    words = [
        read_health_response(m).name if health else m.decode("utf-8", "replace")
        for m in answer.messages
    ]
    pod = next((value for name, value in answer.headers if name == "podname"), None)
    return {"status": answer.status, "message": answer.message, "messages": words, "podname": pod}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("grpc-call", description=__doc__)
    parser.add_argument("target", help="HOST:PORT")
    parser.add_argument("method", help="health, echo or package.Service/Method")
    parser.add_argument("--service", default="", help="the name that health asks for")
    parser.add_argument("--data", default="hello", help="the message to send, as text")
    parser.add_argument("--header", action="append", default=[], help="'name: value' metadata")
    parser.add_argument("--timeout", type=float, default=10.0, help="seconds")
    return parser
