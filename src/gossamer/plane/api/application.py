"""The control plane's HTTP API: a Starlette application over whatever implements PlaneFacade."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gossamer.plane.access.demands import AccessRefused, Demand, check_demand
from gossamer.plane.access.door import Door
from gossamer.plane.api.api_route import ApiRoute, Reply, door_of
from gossamer.plane.api.description import REVISION, describe
from gossamer.plane.api.facade import PlaneFacade, RequestRefused
from gossamer.plane.api.routes import ROUTES
from gossamer.plane.api.waiting import Waiters
from gossamer.process.event_log import EventLog
from gossamer.store.failure import Conflict, StoreReadOnly, StoreUnavailable
from gossamer.telemetry.prometheus import CONTENT_TYPE

_log = EventLog("gossamer.plane")

OPENAPI = "/v1/openapi.json"
NOBODY = -1
"""The uid of a caller whom nobody vouches for."""

_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (Conflict, 409),
    (StoreReadOnly, 405),
    (StoreUnavailable, 503),
)


def application(plane: PlaneFacade, version: str, door: Door) -> Starlette:
    """The application. Every refusal is `{"error": …}` with a 4xx or 5xx."""
    description = describe(version)

    async def openapi(_: PlaneFacade, __: Request) -> Reply:
        return 200, description

    described = ApiRoute("GET", OPENAPI, "This API", Demand.IDENTITY, openapi, dict)
    app = Starlette(
        routes=[
            Route(route.path, _endpoint(route, plane), methods=[route.method])
            for route in (*ROUTES, described)
        ],
        exception_handlers={HTTPException: _refuse_http},
    )
    app.state.waiters, app.state.door = Waiters(), door
    return app


def _endpoint(route: ApiRoute, plane: PlaneFacade) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            status, body = await _answer(route, plane, request)
        except AccessRefused as refusal:
            return reply(refusal.status, {"error": str(refusal)})
        except RequestRefused as refusal:
            return reply(refusal.status, {"error": str(refusal)})
        except (Conflict, StoreUnavailable) as error:
            status = next(code for kind, code in _STATUS if isinstance(error, kind))
            return reply(status, {"error": str(error)})
        except Exception as error:
            return _broken(request, error)
        return reply(status, body, _revision(route, plane))

    return endpoint


async def _answer(route: ApiRoute, plane: PlaneFacade, request: Request) -> Reply:
    """What the route says to whoever asks; that they were refused is written down."""
    door, name = door_of(request), _uid_name(request)
    try:
        actor = door.actor(_uid(request), request.headers.getlist("authorization"))
        name, request.state.actor = actor.name, actor
        check_demand(actor, route.demands, f"{route.method} {route.path}")
        return await route.answer(door.plane(plane, actor), request)
    except AccessRefused as refusal:
        await door.refused(name, f"{request.method} {request.url.path}", refusal)
        raise


def _uid(request: Request) -> int:
    """Whose process calls, as the kernel told the server."""
    return int(request.client.host) if request.client else NOBODY


def _uid_name(request: Request) -> str:
    return f"uid:{_uid(request)}"


def _revision(route: ApiRoute, plane: PlaneFacade) -> dict[str, str]:
    return {} if route.topic is None else {REVISION: str(plane.revision(route.topic))}


def _broken(request: Request, error: Exception) -> Response:
    """A broken invariant of ours: logged whole, answered in short, and the plane goes on."""
    _log.exception("api-request-failed", method=request.method, path=request.url.path)
    return reply(
        500,
        {
            "error": f"The control plane failed at {request.method} {request.url.path}: "
            f"{type(error).__name__}: {error}. It runs on; proxies keep what they have. "
            "Its log has the details: please report them"
        },
    )


async def _refuse_http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    what = {404: "there is no such route", 405: "this route does not take that method"}
    return reply(
        status,
        {
            "error": f"{request.method} {request.url.path}: {what.get(status, str(error))}. "
            "Nothing was done. /v1/openapi.json lists the routes"
        },
    )


def reply(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON response; text is told as Prometheus reads it."""
    if isinstance(body, str):
        return Response(body, status, headers, media_type=CONTENT_TYPE)
    return Response(msgspec.json.encode(body), status, headers, media_type="application/json")
