"""details: what the shop knows about a book."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gossamer.apps.serve.answers import as_json

BOOK = {
    "author": "William Shakespeare",
    "year": 1595,
    "type": "paperback",
    "pages": 200,
    "publisher": "PublisherA",
    "language": "English",
    "ISBN-10": "1234567890",
    "ISBN-13": "123-1234567890",
}


def details_app(pod: str) -> Starlette:
    """The details service of one pod."""

    async def read(request: Request) -> Response:
        text = request.path_params["id"]
        if not (text.isascii() and text.isdigit()):
            return as_json({"error": "please provide numeric product id"}, 400)
        return as_json({"id": int(text), **BOOK, "podname": pod})

    async def health(request: Request) -> Response:
        return as_json({"status": "Details is healthy"})

    return Starlette(routes=[Route("/details/{id}", read), Route("/health", health)])
