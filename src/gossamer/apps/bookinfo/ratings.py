"""ratings: how many stars each reviewer gave; a POST keeps new ones in memory."""

from __future__ import annotations

import json

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gossamer.apps.serve.answers import as_json

FIRST = {"Reviewer1": 5, "Reviewer2": 4}


class Ratings:
    """The ratings of every product, those given since the start included."""

    def __init__(self, pod: str) -> None:
        self.pod = pod
        self.given: dict[int, dict[str, int]] = {}

    async def read(self, request: Request) -> Response:
        """GET /ratings/{id}."""
        product = _product(request)
        if product is None:
            return as_json({"error": "please provide numeric product ID"}, 400)
        return self._answer(product)

    async def write(self, request: Request) -> Response:
        """POST /ratings/{id} with {"reviewer": stars}."""
        product = _product(request)
        if product is None:
            return as_json({"error": "please provide numeric product ID"}, 400)
        try:
            self.given[product] = dict(json.loads(await request.body()))
        except (ValueError, TypeError):
            return as_json({"error": "please provide valid ratings JSON"}, 400)
        return self._answer(product)

    async def health(self, request: Request) -> Response:
        """GET /health."""
        return as_json({"status": "Ratings is healthy"})

    def _answer(self, product: int) -> Response:
        stars = self.given.get(product, FIRST)
        return as_json({"id": product, "podname": self.pod, "ratings": stars})


def ratings_app(pod: str) -> Starlette:
    """The ratings service of one pod."""
    ratings = Ratings(pod)
    return Starlette(
        routes=[
            Route("/ratings/{id}", ratings.read),
            Route("/ratings/{id}", ratings.write, methods=["POST"]),
            Route("/health", ratings.health),
        ]
    )


def _product(request: Request) -> int | None:
    text = request.path_params["id"]
    return int(text) if text.isascii() and text.isdigit() else None
