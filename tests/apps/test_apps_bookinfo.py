"""Bookinfo: what its four services answer, together and when one of them is away."""

from __future__ import annotations

import json
from typing import Any

from starlette import requests
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from gossamer.apps.bookinfo.details import details_app
from gossamer.apps.bookinfo.peers import Peers, peers_from
from gossamer.apps.bookinfo.productpage import productpage_app
from gossamer.apps.bookinfo.ratings import ratings_app
from gossamer.apps.bookinfo.reviews import IMPATIENCE_S, edition_from, reviews_app
from gossamer.apps.client.dial import parse_url
from gossamer.apps.client.exchange import Request
from gossamer.apps.client.pool import Pool
from tests.apps.conftest import ServeHttp

NOWHERE = "http://127.0.0.1:1"


async def get(url: str, **headers: str) -> tuple[int, Any]:
    """Status and JSON of an answer."""
    pool = Pool()
    answer = await pool.get(url, tuple((n.replace("_", "-"), v) for n, v in headers.items()))
    pool.close()
    return answer.status, json.loads(answer.body)


async def test_ratings_name_their_reviewers(serve_http: ServeHttp) -> None:
    """GET /ratings/{id} gives stars by reviewer; an id that is no number is refused."""
    url = await serve_http(ratings_app("ratings-1"))
    status, body = await get(f"{url}/ratings/7")
    assert (status, body["id"], body["ratings"]) == (200, 7, {"Reviewer1": 5, "Reviewer2": 4})
    assert body["podname"] == "ratings-1"
    assert (await get(f"{url}/ratings/seven"))[0] == 400


async def test_given_ratings_are_kept(serve_http: ServeHttp) -> None:
    """A POST changes what the next GET tells."""
    url = await serve_http(ratings_app("ratings-1"))
    pool = Pool()
    address, target = parse_url(f"{url}/ratings/7")
    await pool.call(address, Request(target, "POST", (), b'{"Reviewer1": 1}'), 5)
    assert (await get(f"{url}/ratings/7"))[1]["ratings"] == {"Reviewer1": 1}
    pool.close()


async def test_versions_of_reviews_differ_by_their_stars(serve_http: ServeHttp) -> None:
    """v1 has no stars, v2 black ones, v3 red ones; each names its pod and cluster."""
    ratings = await serve_http(ratings_app("ratings-1"))
    environ = {"HOSTNAME": "reviews-x", "CLUSTER_NAME": "east"}
    seen = {}
    for version in ("v1", "v2", "v3"):
        url = await serve_http(reviews_app(edition_from(version, environ, ratings), Pool()))
        _, body = await get(f"{url}/reviews/0")
        assert (body["id"], body["podname"], body["clustername"]) == ("0", "reviews-x", "east")
        seen[version] = [review.get("rating") for review in body["reviews"]]
    assert seen["v1"] == [None, None]
    assert seen["v2"] == [{"stars": 5, "color": "black"}, {"stars": 4, "color": "black"}]
    assert seen["v3"] == [{"stars": 5, "color": "red"}, {"stars": 4, "color": "red"}]


async def test_reviews_outlive_ratings(serve_http: ServeHttp) -> None:
    """Reviews are still given when ratings is away, and say what is missing."""
    url = await serve_http(reviews_app(edition_from("v2", {}, NOWHERE), Pool()))
    status, body = await get(f"{url}/reviews/0")
    assert status == 200
    assert all("error" in review["rating"] for review in body["reviews"])


def test_v3_waits_less_than_v2() -> None:
    """A fault of a few seconds in ratings is survived by v2 (10 s) and not by v3 (2.5 s)."""
    from gossamer.apps.bookinfo.reviews import PATIENCE_S

    assert PATIENCE_S.get("black", IMPATIENCE_S) == 10.0
    assert PATIENCE_S.get("red", IMPATIENCE_S) == 2.5


def test_enable_ratings_overrides_the_version() -> None:
    """ENABLE_RATINGS and STAR_COLOR mean what they mean to the original image."""
    given = {"ENABLE_RATINGS": "true", "STAR_COLOR": "red"}
    assert edition_from("v1", given, NOWHERE).color == "red"
    assert edition_from("v3", {"ENABLE_RATINGS": "false"}, NOWHERE).color is None


async def test_the_page_gathers_everything(serve_http: ServeHttp) -> None:
    """One self-contained page shows the book, its stars and every pod that answered."""
    ratings = await serve_http(ratings_app("ratings-1"))
    details = await serve_http(details_app("details-1"))
    reviews = await serve_http(
        reviews_app(edition_from("v3", {"HOSTNAME": "reviews-3"}, ratings), Pool())
    )
    page = await serve_http(productpage_app("page-1", Peers(details, reviews, ratings), Pool()))
    answer = await Pool().get(f"{page}/productpage")
    text = answer.body.decode()
    assert answer.status == 200
    assert answer.head.get("content-type").startswith("text/html")
    for part in ("Comedy of Errors", "paperback", "★★★★★", 'class="stars red"'):
        assert part in text
    assert all(pod in text for pod in ("page-1", "details-1", "reviews-3"))
    assert "http://" not in text
    assert "https://" not in text


async def test_the_page_outlives_its_services(serve_http: ServeHttp) -> None:
    """The page is shown without details and reviews; the API tells the failure by its status."""
    page = await serve_http(productpage_app("p", Peers(NOWHERE, NOWHERE, NOWHERE), Pool()))
    answer = await Pool().get(f"{page}/productpage")
    assert answer.status == 200
    assert b"Error fetching product details" in answer.body
    assert b"Error fetching product reviews" in answer.body
    assert (await get(f"{page}/api/v1/products/0/reviews"))[0] == 500
    assert (await get(f"{page}/api/v1/products"))[1][0]["id"] == 0


async def test_user_and_trace_reach_the_services(serve_http: ServeHttp) -> None:
    """A logged-in user becomes end-user; trace headers go on; what is not ours to pass does not."""
    seen: list[dict[str, str]] = []

    async def spy(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(dict(requests.Request(scope, receive).headers))
        await JSONResponse({"reviews": []})(scope, receive, send)

    spied = await serve_http(spy)
    page = await serve_http(productpage_app("p", Peers(spied, spied, spied), Pool()))
    cookie = (await _login(page, b"username=jason&passwd=")).partition(";")[0]
    await get(
        f"{page}/api/v1/products/0", cookie=cookie, x_request_id="r1", traceparent="t", x_mine="no"
    )
    assert seen[-1]["end-user"] == "jason"
    assert (seen[-1]["x-request-id"], seen[-1]["traceparent"]) == ("r1", "t")
    assert "x-mine" not in seen[-1]


async def _login(page: str, form: bytes) -> str:
    address, target = parse_url(f"{page}/login")
    answer = await Pool().call(address, Request(target, "POST", (), form), 5)
    assert answer.status == 302
    return answer.head.get("set-cookie")


async def test_what_services_say_is_escaped(serve_http: ServeHttp) -> None:
    """Markup from a service or a user's name is shown as text."""

    async def evil(scope: Scope, receive: Receive, send: Send) -> None:
        review = {
            "reviewer": "<script>",
            "text": "<script>",
            "rating": {"stars": 9, "color": '"><i>'},
        }
        await JSONResponse({"podname": "<script>", "reviews": [review]})(scope, receive, send)

    url = await serve_http(evil)
    page = await serve_http(productpage_app("p", Peers(url, url, url), Pool()))
    answer = await Pool().get(f"{page}/productpage", (("cookie", "session=%3Cscript%3E"),))
    assert b"<script>" not in answer.body
    assert b'"><i>' not in answer.body


def test_peers_are_found_by_the_originals_variables() -> None:
    """*_HOSTNAME, *_SERVICE_PORT and SERVICES_DOMAIN; Kubernetes' own *_PORT is no port."""
    environ = {
        "RATINGS_HOSTNAME": "ratings.elsewhere",
        "REVIEWS_SERVICE_PORT": "80",
        "SERVICES_DOMAIN": "shop.svc",
        "DETAILS_PORT": "tcp://10.0.0.1:9080",
    }
    assert peers_from({}) == Peers(
        "http://details:9080", "http://reviews:9080", "http://ratings:9080"
    )
    found = peers_from(environ)
    assert found.ratings == "http://ratings.elsewhere.shop.svc:9080"
    assert found.reviews == "http://reviews.shop.svc:80"
    assert found.details == "http://details.shop.svc:9080"
