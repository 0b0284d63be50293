"""One line per answered request, for `gossamer logs`: who asked what, the status, how long."""

from __future__ import annotations

import time
from typing import TextIO

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class AccessLog:
    """An app that tells of each request when it is answered."""

    def __init__(self, app: ASGIApp, out: TextIO) -> None:
        self.app = app
        self.out = out

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the app and note its status."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begin, status = time.monotonic(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            ms = (time.monotonic() - begin) * 1000
            self.out.write(f"{_told(scope)} {status} {ms:.1f} ms\n")
            self.out.flush()


def _told(scope: Scope) -> str:
    """`10.244.0.7 "GET /reviews/0?x=y HTTP/1.1"`; what is not printable is escaped."""
    client = scope["client"][0] if scope.get("client") else "-"
    query = scope.get("query_string", b"")
    target = scope.get("raw_path", b"") + (b"?" + query if query else b"")
    text = ascii(target.decode("latin-1"))[1:-1]
    return f'{client} "{scope["method"]} {text} HTTP/{scope["http_version"]}"'
