"""Answers with a body of the caller's choice: bytes, streams, delays, encodings, documents."""

from __future__ import annotations

import asyncio
import base64
import binascii
import gzip
import json
import random
import zlib
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from gossamer.apps.arguments.durations import seconds_of
from gossamer.apps.httpbin.asked import ANY
from gossamer.apps.httpbin.facts import RequestFacts
from gossamer.apps.serve.answers import as_json

MOST_BYTES = 10 * 1024 * 1024
MOST_SECONDS = 30.0
OCTETS = "application/octet-stream"


def body_routes(facts: RequestFacts) -> list[BaseRoute]:
    """Routes about bodies."""

    async def delay(request: Request) -> Response:
        seconds = seconds_of(request.path_params["seconds"])
        if seconds is None:
            return as_json({"error": "delay is seconds (1.5) or a duration (250ms)"}, 400)
        await asyncio.sleep(min(seconds, MOST_SECONDS))
        return as_json(await facts.whole(request))

    async def stream(request: Request) -> Response:
        count = min(request.path_params["n"], 100)
        answer = facts.plain(request)

        async def lines() -> AsyncIterator[str]:
            for number in range(count):
                yield json.dumps({"id": number, **answer}) + "\n"

        return StreamingResponse(lines(), media_type="application/json")

    async def zipped(request: Request) -> Response:
        text = json.dumps(facts.plain(request) | {"gzipped": True}).encode()
        return _encoded(gzip.compress(text), "gzip")

    async def deflated(request: Request) -> Response:
        text = json.dumps(facts.plain(request) | {"deflated": True}).encode()
        return _encoded(zlib.compress(text), "deflate")

    return [
        Route("/delay/{seconds}", delay, methods=ANY),
        Route("/stream/{n:int}", stream),
        Route("/gzip", zipped),
        Route("/deflate", deflated),
        Route("/bytes/{n:int}", _bytes),
        Route("/stream-bytes/{n:int}", _stream_bytes),
        Route("/range/{n:int}", _bytes),
        Route("/drip", _drip),
        Route("/sse", _sse),
        Route("/base64/{text}", _base64),
        Route("/base64/decode/{text}", _base64),
        Route("/json", _json),
        Route("/html", _html),
        Route("/xml", _xml),
        Route("/robots.txt", _robots),
        Route("/deny", _deny),
        Route("/encoding/utf8", _utf8),
    ]


def octets(count: int, seed: str | None) -> bytes:
    """Random bytes, the same ones for the same seed."""
    source = random.Random(seed) if seed is not None else random.Random()
    return source.randbytes(min(count, MOST_BYTES))


def _encoded(data: bytes, coding: str) -> Response:
    return Response(data, headers={"Content-Encoding": coding}, media_type="application/json")


async def _bytes(request: Request) -> Response:
    data = octets(request.path_params["n"], request.query_params.get("seed"))
    return Response(data, media_type=OCTETS)


async def _stream_bytes(request: Request) -> Response:
    data = octets(request.path_params["n"], request.query_params.get("seed"))
    size = max(1, int(request.query_params.get("chunk_size", "10240")))

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(data), size):
            yield data[start : start + size]

    return StreamingResponse(pieces(), media_type=OCTETS)


async def _drip(request: Request) -> Response:
    """`numbytes` bytes spread over `duration`, after `delay`, with status `code`."""
    query = request.query_params
    duration = seconds_of(query.get("duration", "2")) or 0.0
    before = seconds_of(query.get("delay", "0")) or 0.0
    count = min(int(query.get("numbytes", "10")), MOST_BYTES)
    pause = min(duration, MOST_SECONDS) / max(1, count - 1)

    async def pieces() -> AsyncIterator[bytes]:
        for number in range(count):
            if number:
                await asyncio.sleep(pause)
            yield b"*"

    await asyncio.sleep(min(before, MOST_SECONDS))
    headers = {"Content-Length": str(count)}
    status = int(query.get("code", "200"))
    return StreamingResponse(pieces(), status, headers, media_type=OCTETS)


async def _sse(request: Request) -> Response:
    """`count` server-sent events spread over `duration`."""
    count = min(int(request.query_params.get("count", "10")), 1000)
    duration = seconds_of(request.query_params.get("duration", "5")) or 0.0
    pause = min(duration, MOST_SECONDS) / max(1, count - 1)

    async def events() -> AsyncIterator[str]:
        for number in range(count):
            if number:
                await asyncio.sleep(pause)
            yield f"event: ping\ndata: {json.dumps({'id': number})}\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")


async def _base64(request: Request) -> Response:
    text = request.path_params["text"]
    try:
        return Response(
            base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), media_type="text/plain"
        )
    except binascii.Error:
        return as_json({"error": f"{text!r} is not base64"}, 400)


async def _json(request: Request) -> Response:
    slides = [{"title": "Threads", "type": "all"}, {"title": "Knots", "type": "all"}]
    show = {"author": "Gossamer", "date": "today", "slides": slides, "title": "A sample"}
    return as_json({"slideshow": show})


async def _html(request: Request) -> Response:
    return HTMLResponse("<!doctype html><html><body><h1>A page</h1><p>Some text.</p></body></html>")


async def _xml(request: Request) -> Response:
    text = '<?xml version="1.0"?>\n<sample author="Gossamer"><item>one</item></sample>\n'
    return Response(text, media_type="application/xml")


async def _robots(request: Request) -> Response:
    return PlainTextResponse("User-agent: *\nDisallow: /deny\n")


async def _deny(request: Request) -> Response:
    return PlainTextResponse("robots were asked to stay away\n")


async def _utf8(request: Request) -> Response:
    return HTMLResponse("<!doctype html><p>žluť, naïve, Ελληνικά, 日本語, ∮ E⋅da = Q</p>")
