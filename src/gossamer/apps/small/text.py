"""text: every path answers 200 with one text, as hashicorp/http-echo and a bare nginx do."""

from __future__ import annotations

import os
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gossamer.apps.arguments.addresses import first_port, option
from gossamer.apps.serve.running import Http, run_app

PORT = 5678
PAGE = "<!doctype html><title>Welcome</title><h1>It works</h1><p>A stand-in for nginx.</p>\n"


def text_app(answer: Response) -> ASGIApp:
    """One answer to everything."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await Request(scope, receive).body()
            await answer(scope, receive, send)

    return app


def main(name: str, args: Sequence[str]) -> int:
    """`text [-listen :PORT] [-text TEXT]`; a welcome page without a text."""
    text = option(args, "-text", "--text") or os.environ.get("ECHO_TEXT")
    answer = HTMLResponse(PAGE) if text is None else PlainTextResponse(text + "\n")
    port = first_port(option(args, "-listen", "--listen"), default=PORT)
    return run_app(name, [Http(port, text_app(answer))])
