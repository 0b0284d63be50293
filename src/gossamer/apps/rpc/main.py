"""echo: one port that answers HTTP/1.1, HTTP/2 and gRPC with what it was asked."""

from __future__ import annotations

import os
from collections.abc import Sequence

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from gossamer.apps.arguments.addresses import port_of
from gossamer.apps.rpc.service import RpcApp
from gossamer.apps.serve.answers import as_json, caller
from gossamer.apps.serve.running import Http, run_app

PORT = 8080
SERVICE = "gossamer.v1.Echo"


def echo_app(pod: str) -> RpcApp:
    """gRPC and HTTP echo of one pod."""
    return RpcApp(pod, frozenset({SERVICE}), http_echo(pod))


def http_echo(pod: str) -> ASGIApp:
    """Answers with what the request was and who answers."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        body = await request.body()
        answer = {
            "podname": pod,
            "protocol": f"HTTP/{scope['http_version']}",
            "method": request.method,
            "url": str(request.url),
            "origin": caller(request),
            "headers": dict(request.headers),
            "body": body.decode("utf-8", "replace"),
        }
        await as_json(answer)(scope, receive, send)

    return app


def main(name: str, args: Sequence[str]) -> int:
    """`echo [--port N]`."""
    app = echo_app(os.environ.get("HOSTNAME", "echo"))
    return run_app(name, [Http(port_of(args, os.environ, PORT), app)])
