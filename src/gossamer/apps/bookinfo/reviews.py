"""reviews: two opinions of a book; v1 without stars, v2 with black ones, v3 with red ones.

v2 and v3 ask ratings, v3 with little patience: 2.5 s against v2's 10 s, as in the original. That
difference is what fault-injection walkthroughs show.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gossamer.apps.bookinfo.forward import handed_on
from gossamer.apps.client.exchange import CallError
from gossamer.apps.client.pool import Pool
from gossamer.apps.serve.answers import as_json

COLORS = {"v2": "black", "v3": "red"}
PATIENCE_S = {"black": 10.0}
IMPATIENCE_S = 2.5
UNRATED = {"error": "Ratings service is currently unavailable"}
OPINIONS = {
    "Reviewer1": "Two pairs of twins, one long day and not a dull page. I laughed out loud.",
    "Reviewer2": "Quick, light and good fun, though nobody here ever thinks to ask a question.",
}


@dataclass(frozen=True, slots=True)
class Edition:
    """Which reviews this pod gives: `color` is None where there are no stars."""

    pod: str
    cluster: str
    color: str | None
    ratings_url: str


def edition_from(version: str, environ: Mapping[str, str], ratings_url: str) -> Edition:
    """The edition of a version; ENABLE_RATINGS and STAR_COLOR override it as in the original."""
    color = COLORS.get(version)
    enabled = environ.get("ENABLE_RATINGS")
    if enabled is not None:
        color = environ.get("STAR_COLOR", color or "black") if enabled == "true" else None
    pod, cluster = environ.get("HOSTNAME", "null"), environ.get("CLUSTER_NAME", "null")
    return Edition(pod, cluster, color, ratings_url)


class Reviews:
    """The reviews service of one pod."""

    def __init__(self, edition: Edition, pool: Pool) -> None:
        self.edition = edition
        self.pool = pool

    async def read(self, request: Request) -> Response:
        """GET /reviews/{id}."""
        product = request.path_params["id"]
        stars = await self._stars(product, request) if self.edition.color else None
        reviews = [self._review(name, text, stars) for name, text in OPINIONS.items()]
        answer = {
            "id": product,
            "podname": self.edition.pod,
            "clustername": self.edition.cluster,
            "reviews": reviews,
        }
        return as_json(answer)

    async def health(self, request: Request) -> Response:
        """GET /health."""
        return as_json({"status": "Reviews is healthy"})

    async def _stars(self, product: str, request: Request) -> dict[str, Any]:
        """Stars by reviewer; empty when ratings does not answer well and in time."""
        patience = PATIENCE_S.get(self.edition.color or "", IMPATIENCE_S)
        url = f"{self.edition.ratings_url}/ratings/{product}"
        try:
            answer = await self.pool.get(url, handed_on(request), patience)
            return dict(json.loads(answer.body)["ratings"]) if answer.status == 200 else {}
        except (CallError, ValueError, KeyError, TypeError):
            return {}

    def _review(self, name: str, text: str, stars: dict[str, Any] | None) -> dict[str, Any]:
        review: dict[str, Any] = {"reviewer": name, "text": text}
        if stars is None:
            return review
        rated = name in stars
        rating = {"stars": stars[name], "color": self.edition.color} if rated else UNRATED
        return review | {"rating": rating}


def reviews_app(edition: Edition, pool: Pool) -> Starlette:
    """The reviews service as an ASGI app."""
    reviews = Reviews(edition, pool)
    return Starlette(
        routes=[Route("/reviews/{id}", reviews.read), Route("/health", reviews.health)]
    )
