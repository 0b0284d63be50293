"""productpage: the page and the API that gather details, reviews and ratings."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, unquote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from gossamer.apps.bookinfo.forward import handed_on
from gossamer.apps.bookinfo.page import View, index_page, product_page
from gossamer.apps.bookinfo.peers import Peers
from gossamer.apps.client.exchange import CallError, Headers
from gossamer.apps.client.pool import Pool
from gossamer.apps.serve.answers import as_json

PATIENCE_S = 3.0
PRODUCTS = [
    {
        "id": 0,
        "title": "The Comedy of Errors",
        "descriptionHtml": "An early comedy by William Shakespeare: two pairs of twins, parted as "
        "infants, meet in one town on one day, and everybody takes everybody for someone else.",
    }
]


@dataclass(frozen=True, slots=True)
class PageAnswer:
    """What a service said: its status and JSON, or 500 and an error to show."""

    status: int
    body: dict[str, Any]


class ProductPage:
    """The productpage service of one pod."""

    def __init__(self, pod: str, peers: Peers, pool: Pool) -> None:
        self.pod = pod
        self.peers = peers
        self.pool = pool

    async def index(self, request: Request) -> Response:
        """GET /."""
        return HTMLResponse(index_page())

    async def health(self, request: Request) -> Response:
        """GET /health."""
        return Response("Product page is healthy", media_type="text/plain")

    async def page(self, request: Request) -> Response:
        """GET /productpage."""
        headers = _onward(request)
        details, reviews = await asyncio.gather(
            self._details("0", headers), self._reviews("0", headers)
        )
        user = _user(request)
        view = View(PRODUCTS[0], user, self.pod, details.status, details.body)
        return HTMLResponse(product_page(view, reviews.status, reviews.body))

    async def products(self, request: Request) -> Response:
        """GET /api/v1/products."""
        return as_json(PRODUCTS)

    async def product(self, request: Request) -> Response:
        """GET /api/v1/products/{id}: its details."""
        answer = await self._details(request.path_params["id"], _onward(request))
        return as_json(answer.body, answer.status)

    async def product_reviews(self, request: Request) -> Response:
        """GET /api/v1/products/{id}/reviews."""
        answer = await self._reviews(request.path_params["id"], _onward(request))
        return as_json(answer.body, answer.status)

    async def product_ratings(self, request: Request) -> Response:
        """GET /api/v1/products/{id}/ratings."""
        url = f"{self.peers.ratings}/ratings/{request.path_params['id']}"
        answer = await self._ask(url, _onward(request), "ratings")
        return as_json(answer.body, answer.status)

    async def login(self, request: Request) -> Response:
        """POST /login with username and password; any password will do."""
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        answer = RedirectResponse(request.headers.get("referer", "/productpage"), 302)
        answer.set_cookie("session", quote(form.get("username", [""])[0]), httponly=True)
        return answer

    async def logout(self, request: Request) -> Response:
        """GET /logout."""
        answer = RedirectResponse(request.headers.get("referer", "/productpage"), 302)
        answer.delete_cookie("session")
        return answer

    async def _details(self, product: str, headers: Headers) -> PageAnswer:
        return await self._ask(f"{self.peers.details}/details/{product}", headers, "details")

    async def _reviews(self, product: str, headers: Headers) -> PageAnswer:
        """Asked twice when the first ask fails, as the original does."""
        url = f"{self.peers.reviews}/reviews/{product}"
        first = await self._ask(url, headers, "reviews")
        return first if first.status == 200 else await self._ask(url, headers, "reviews")

    async def _ask(self, url: str, headers: Headers, what: str) -> PageAnswer:
        unavailable = f"Sorry, product {what} are currently unavailable for this book."
        try:
            answer = await self.pool.get(url, headers, PATIENCE_S)
        except CallError as error:
            return PageAnswer(500, {"error": unavailable, "reason": str(error)})
        if answer.status != 200:
            reason = answer.body[:200].decode("utf-8", "replace")
            return PageAnswer(answer.status, {"error": unavailable, "reason": reason})
        return PageAnswer(200, json.loads(answer.body))


def productpage_app(pod: str, peers: Peers, pool: Pool) -> Starlette:
    """The productpage service as an ASGI app."""
    page = ProductPage(pod, peers, pool)
    api = "/api/v1/products"
    return Starlette(
        routes=[
            Route("/", page.index),
            Route("/index.html", page.index),
            Route("/health", page.health),
            Route("/productpage", page.page),
            Route("/login", page.login, methods=["POST"]),
            Route("/logout", page.logout),
            Route(api, page.products),
            Route(api + "/{id}", page.product),
            Route(api + "/{id}/reviews", page.product_reviews),
            Route(api + "/{id}/ratings", page.product_ratings),
        ]
    )


def _user(request: Request) -> str:
    return unquote(request.cookies.get("session", "")).strip()


def _onward(request: Request) -> Headers:
    """The headers of the calls behind a page: a logged-in user is their `end-user`."""
    user = _user(request)
    headers = handed_on(request)
    if not user:
        return headers
    named = quote(user, safe=" @._-")
    return (*(pair for pair in headers if pair[0] != "end-user"), ("end-user", named))
