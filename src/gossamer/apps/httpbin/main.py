"""Start httpbin. `/` lists the endpoints, `/websocket/echo` repeats messages."""

from __future__ import annotations

import os
from collections.abc import Sequence
from html import escape

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from gossamer.apps.arguments.addresses import option, port_of
from gossamer.apps.httpbin.asked import asked_routes
from gossamer.apps.httpbin.bodies import body_routes
from gossamer.apps.httpbin.facts import RequestFacts, Values
from gossamer.apps.httpbin.statuses import status_routes
from gossamer.apps.serve.running import Http, run_app

PORT = 8080


def httpbin_app(values: Values, pod: str) -> Starlette:
    """httpbin in one of its two JSON shapes."""
    facts = RequestFacts(values)
    routes: list[BaseRoute] = [
        *asked_routes(facts, pod),
        *status_routes(facts),
        *body_routes(facts),
    ]
    page = _index(routes)

    async def index(request: Request) -> Response:
        return HTMLResponse(page)

    return Starlette(
        routes=[Route("/", index), *routes, WebSocketRoute("/websocket/echo", _repeat)]
    )


def main(name: str, args: Sequence[str]) -> int:
    """`httpbin [--port N] [--values lists|strings]`."""
    values = Values(option(args, "--values") or Values.LISTS)
    app = httpbin_app(values, os.environ.get("HOSTNAME", "httpbin"))
    return run_app(name, [Http(port_of(args, os.environ, PORT), app)])


async def _repeat(socket: WebSocket) -> None:
    await socket.accept()
    while (event := await socket.receive())["type"] == "websocket.receive":
        kind = "text" if event.get("text") is not None else "bytes"
        await socket.send({"type": "websocket.send", kind: event[kind]})


def _index(routes: list[BaseRoute]) -> str:
    paths = [route.path for route in routes if isinstance(route, Route)]
    items = "".join(f"<li><code>{escape(path)}</code></li>" for path in paths)
    return f"<!doctype html><title>httpbin</title><h1>httpbin</h1><ul>{items}</ul>\n"
