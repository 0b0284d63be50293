"""Answers with a status of the caller's choice: /status, redirects, authentication, caching."""

from __future__ import annotations

import base64
import binascii
import random

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gossamer.apps.httpbin.asked import ANY
from gossamer.apps.httpbin.facts import RequestFacts
from gossamer.apps.serve.answers import as_json

NO_BODY = frozenset({204, 205, 304})


def status_routes(facts: RequestFacts) -> list[BaseRoute]:
    """Routes about statuses."""

    async def cache(request: Request) -> Response:
        if {"if-modified-since", "if-none-match"} & set(request.headers):
            return Response(status_code=304)
        return as_json(facts.plain(request), headers={"ETag": '"gossamer"'})

    async def cache_for(request: Request) -> Response:
        age = f"public, max-age={request.path_params['seconds']}"
        return as_json(facts.plain(request), headers={"Cache-Control": age})

    async def etag(request: Request) -> Response:
        tag = f'"{request.path_params["etag"]}"'
        if request.headers.get("if-none-match", "") in (tag, "*"):
            return Response(status_code=304, headers={"ETag": tag})
        return as_json(facts.plain(request), headers={"ETag": tag})

    return [
        Route("/status/{codes}", _status, methods=ANY),
        Route("/unstable", _unstable),
        Route("/redirect/{n:int}", _redirect),
        Route("/relative-redirect/{n:int}", _redirect),
        Route("/absolute-redirect/{n:int}", _absolute_redirect),
        Route("/redirect-to", _redirect_to, methods=ANY),
        Route("/basic-auth/{user}/{password}", _basic_auth),
        Route("/hidden-basic-auth/{user}/{password}", _hidden_basic_auth),
        Route("/bearer", _bearer),
        Route("/cache", cache),
        Route("/cache/{seconds:int}", cache_for),
        Route("/etag/{etag}", etag),
    ]


def choose_status(codes: str) -> int | None:
    """One of `200`, `200,500` or `200:0.9,500:0.1` at random by weight; None if unreadable."""
    statuses: list[int] = []
    weights: list[float] = []
    for part in codes.split(","):
        code, _, weight = part.partition(":")
        try:
            statuses.append(int(code))
            weights.append(float(weight or 1))
        except ValueError:
            return None
    if not all(100 <= status <= 599 for status in statuses) or sum(weights) <= 0:
        return None
    return random.choices(statuses, weights)[0]


async def _status(request: Request) -> Response:
    await request.body()
    status = choose_status(request.path_params["codes"])
    if status is None or status < 200:
        return as_json({"error": "statuses are numbers of 200 to 599"}, 400)
    headers = {"Location": "/redirect/1"} if status in (301, 302, 303, 307, 308) else {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="Fake Realm"'
    body = b"" if status in NO_BODY else b"\n" if status >= 400 else b""
    return Response(body, status, headers, media_type="text/plain")


async def _unstable(request: Request) -> Response:
    rate = float(request.query_params.get("failure_rate", "0.5"))
    return Response(status_code=500 if random.random() < rate else 200, media_type="text/plain")


async def _redirect(request: Request) -> Response:
    left = request.path_params["n"]
    to = "/get" if left <= 1 else f"/relative-redirect/{left - 1}"
    return Response(status_code=302, headers={"Location": to})


async def _absolute_redirect(request: Request) -> Response:
    left = request.path_params["n"]
    path = "/get" if left <= 1 else f"/absolute-redirect/{left - 1}"
    url = str(request.url.replace(path=path, query=""))
    return Response(status_code=302, headers={"Location": url})


async def _redirect_to(request: Request) -> Response:
    url = request.query_params.get("url")
    status = request.query_params.get("status_code", "302")
    if not url or not status.isdigit() or not 300 <= int(status) <= 399:
        return as_json({"error": "give url, and a status_code of 300 to 399 or none"}, 400)
    return Response(status_code=int(status), headers={"Location": url})


def _credentials(request: Request) -> tuple[str, str]:
    scheme, _, coded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(coded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password


def _is_user(request: Request) -> bool:
    wanted = request.path_params["user"], request.path_params["password"]
    return _credentials(request) == wanted


async def _basic_auth(request: Request) -> Response:
    known = _is_user(request)
    answer = {"authenticated": known, "authorized": known, "user": request.path_params["user"]}
    ask = {"WWW-Authenticate": 'Basic realm="Fake Realm"'}
    return as_json(answer) if known else as_json(answer, 401, ask)


async def _hidden_basic_auth(request: Request) -> Response:
    if not _is_user(request):
        return as_json({"error": "not found"}, 404)
    return as_json({"authenticated": True, "authorized": True, "user": request.path_params["user"]})


async def _bearer(request: Request) -> Response:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
    return as_json({"authenticated": True, "token": token})
