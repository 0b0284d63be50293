"""fortio server: HTTP with delays and statuses of the caller's choice, gRPC and TCP echoes."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from gossamer.apps.arguments.addresses import first_port, option
from gossamer.apps.arguments.durations import seconds_of
from gossamer.apps.httpbin.asked import ANY
from gossamer.apps.httpbin.statuses import choose_status
from gossamer.apps.rpc.service import RpcApp
from gossamer.apps.serve.answers import header_name
from gossamer.apps.serve.running import Http, Tcp, run_app
from gossamer.apps.serve.tcp import Answer

MOST_BYTES = 10 * 1024 * 1024
MOST_DELAY_S = 30.0
PAGE = "<!doctype html><title>fortio</title><h1>fortio</h1><p>/echo and /debug answer here.</p>\n"


def fortio_app() -> Starlette:
    """The HTTP side: /echo, /debug, /fortio/ and an echo everywhere else."""
    return Starlette(
        routes=[
            Route("/fortio", _to_page),
            Route("/fortio/", _page),
            Route("/debug", _debug, methods=ANY),
            Route("/{rest:path}", _echo, methods=ANY),
        ]
    )


def chosen(text: str) -> str | None:
    """One of `value:percent,...`; None for percents that none has; a bare value always."""
    point = random.random() * 100
    for part in text.split(","):
        value, colon, percent = part.rpartition(":")
        if not colon:
            return part
        point -= float(percent)
        if point < 0:
            return value
    return None


def serve(name: str, args: Sequence[str]) -> int:
    """`fortio server [-http-port P] [-grpc-port P] [-tcp-port P]`."""
    pod = os.environ.get("HOSTNAME", "fortio")
    http = first_port(option(args, "-http-port", "--http-port"), default=8080)
    grpc = first_port(option(args, "-grpc-port", "--grpc-port"), default=8079)
    tcp = first_port(option(args, "-tcp-port", "--tcp-port"), default=8078)
    app = fortio_app()
    rpc = RpcApp(pod, frozenset({"ping", "fgrpc.PingServer"}), app)
    return run_app(name, [Http(http, app), Http(grpc, rpc), Tcp(tcp, tcp_echo())])


def tcp_echo() -> Answer:
    """Bytes come back as they came."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()

    return answer


async def _page(request: Request) -> Response:
    return HTMLResponse(PAGE)


async def _to_page(request: Request) -> Response:
    return RedirectResponse("/fortio/", 301)


async def _debug(request: Request) -> Response:
    """What the request was, as text."""
    heads = [f"{header_name(n)}: {v.decode('latin-1')}" for n, v in request.headers.raw]
    body = (await request.body()).decode("utf-8", "replace")
    pod = os.environ.get("HOSTNAME", "fortio")
    first = f"{request.method} {request.url.path} HTTP/{request.scope['http_version']}"
    lines = [f"fortio stand-in on {pod}", "", first, "", *heads, "", "body:", "", body]
    return PlainTextResponse("\n".join(lines) + "\n")


async def _echo(request: Request) -> Response:
    """The body back; query: status, delay, size, header=Name:value, close, by weight if listed."""
    body, query = await request.body(), request.query_params
    delay = seconds_of(chosen(query.get("delay", "0")) or "0") or 0.0
    await asyncio.sleep(min(delay, MOST_DELAY_S))
    status = _status(query.get("status", "200"))
    size = chosen(query.get("size", ""))
    if size:
        body = random.randbytes(min(int(size), MOST_BYTES))
    answer = Response(body, status, media_type=request.headers.get("content-type", "text/plain"))
    for header in query.getlist("header"):
        name, _, value = header.partition(":")
        answer.headers.append(name, value.strip())
    if query.get("close"):
        answer.headers["Connection"] = "close"
    return answer


def _status(text: str) -> int:
    """`503`, or `503:30,429:10` with percents; 200 for the rest and for what is unreadable."""
    status = chosen(text) if ":" in text else text
    return choose_status(status or "200") or 200
