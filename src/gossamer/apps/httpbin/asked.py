"""Answers that tell the request: /get, /post, /anything, /headers, /ip, /cookies and the like."""

from __future__ import annotations

import uuid

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from gossamer.apps.httpbin.facts import RequestFacts
from gossamer.apps.serve.answers import as_json, caller

ANY = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def asked_routes(facts: RequestFacts, pod: str) -> list[BaseRoute]:
    """Routes that echo facts of the request."""

    async def plain(request: Request) -> Response:
        return as_json(facts.plain(request))

    async def whole(request: Request) -> Response:
        return as_json(await facts.whole(request))

    async def headers(request: Request) -> Response:
        return as_json({"headers": facts.headers(request)})

    async def ip(request: Request) -> Response:
        return as_json({"origin": caller(request)})

    async def agent(request: Request) -> Response:
        return as_json({"user-agent": request.headers.get("user-agent", "")})

    async def cookies(request: Request) -> Response:
        return as_json({"cookies": dict(sorted(request.cookies.items()))})

    async def hostname(request: Request) -> Response:
        return as_json({"hostname": pod})

    async def response_headers(request: Request) -> Response:
        answer = as_json(facts.args(request))
        for name, value in request.query_params.multi_items():
            answer.headers.append(name, value)
        return answer

    return [
        Route("/get", plain),
        Route("/post", whole, methods=["POST"]),
        Route("/put", whole, methods=["PUT"]),
        Route("/patch", whole, methods=["PATCH"]),
        Route("/delete", whole, methods=["DELETE"]),
        Route("/anything", whole, methods=ANY),
        Route("/anything/{rest:path}", whole, methods=ANY),
        Route("/headers", headers),
        Route("/ip", ip),
        Route("/user-agent", agent),
        Route("/uuid", _uuid),
        Route("/hostname", hostname),
        Route("/response-headers", response_headers, methods=["GET", "POST"]),
        Route("/cookies", cookies),
        Route("/cookies/set", _set_cookies),
        Route("/cookies/delete", _delete_cookies),
    ]


async def _uuid(request: Request) -> Response:
    return as_json({"uuid": str(uuid.uuid4())})


async def _set_cookies(request: Request) -> Response:
    answer = RedirectResponse("/cookies", 302)
    for name, value in request.query_params.items():
        answer.set_cookie(name, value)
    return answer


async def _delete_cookies(request: Request) -> Response:
    answer = RedirectResponse("/cookies", 302)
    for name in request.query_params:
        answer.delete_cookie(name)
    return answer
