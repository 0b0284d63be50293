"""helloworld: `GET /hello` names its version and its instance."""

from __future__ import annotations

import os
from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gossamer.apps.arguments.addresses import option, port_of
from gossamer.apps.serve.running import Http, run_app

PORT = 5000


def hello_app(version: str, pod: str) -> Starlette:
    """The helloworld service of one pod."""

    async def hello(request: Request) -> Response:
        return PlainTextResponse(f"Hello version: {version}, instance: {pod}\n")

    async def health(request: Request) -> Response:
        return PlainTextResponse("Helloworld is healthy\n")

    return Starlette(routes=[Route("/hello", hello), Route("/health", health)])


def main(name: str, args: Sequence[str]) -> int:
    """`helloworld [--port N] [--version vN]`; SERVICE_VERSION goes before --version."""
    version = os.environ.get("SERVICE_VERSION") or option(args, "--version") or "v1"
    app = hello_app(version, os.environ.get("HOSTNAME", "null"))
    return run_app(name, [Http(port_of(args, {}, PORT), app)])
