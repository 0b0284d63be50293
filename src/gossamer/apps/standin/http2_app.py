"""A stand-in's HTTP/2: gRPC calls go to `rpc`, everything else is answered as by HTTP/1.1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gossamer.apps.standin.answer import SeenRequest
from gossamer.apps.standin.http1 import Reply
from gossamer.apps.standin.rpc import answer_rpc


@dataclass(frozen=True, slots=True)
class Http2App:
    """An ASGI app."""

    reply: Reply
    identity: str

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One stream."""
        headers = tuple(
            (n.decode("latin-1").lower(), v.decode("latin-1")) for n, v in scope["headers"]
        )
        query = b"?" + scope["query_string"] if scope.get("query_string") else b""
        path = (scope.get("raw_path", b"/") + query).decode("latin-1")
        client = scope["client"][0] if scope.get("client") else "-"
        seen = SeenRequest(scope["method"], path, "HTTP/2", client, headers)
        if seen.header("content-type").startswith("application/grpc"):
            self.reply(seen)
            await answer_rpc(path, receive, send)
            return
        await _drain(receive)
        await self._answer(seen, send)

    async def _answer(self, seen: SeenRequest, send: Any) -> None:
        reply = self.reply(seen)
        start = {"status": 200, "headers": reply.headers(self.identity)}
        await send({"type": "http.response.start", **start})
        body = b"" if seen.method == "HEAD" else reply.body
        await send({"type": "http.response.body", "body": body})


async def _drain(receive: Any) -> None:
    while (event := await receive())["type"] == "http.request" and event.get("more_body"):
        continue
