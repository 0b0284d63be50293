"""The routes about access itself: who asks, tokens, the audit log."""

from __future__ import annotations

from starlette.requests import Request

from gossamer.identity.shapes import SignedChain
from gossamer.model.ids import EVERYWHERE, ROOT_NAMESPACE
from gossamer.plane.access.actor import Role, RoleGrant
from gossamer.plane.access.demands import Demand
from gossamer.plane.access.door import Door
from gossamer.plane.access.join_desk import JoinDesk
from gossamer.plane.access.token_store import MOST_TOKENS, TokenStore
from gossamer.plane.api import access_shapes
from gossamer.plane.api.api_route import ApiRoute, Reply, actor_of, door_of, note
from gossamer.plane.api.facade import PlaneFacade, RequestRefused
from gossamer.plane.api.requests import body_of, number_in
from gossamer.plane.api.shapes import Empty

_USUAL, _MOST = 200, 10_000


async def _who(_: PlaneFacade, request: Request) -> Reply:
    actor = actor_of(request)
    roles = [
        access_shapes.RoleShape(each.role.value, list(each.namespaces), list(each.hosts))
        for each in actor.grants
    ]
    return 200, access_shapes.WhoAmI(actor.name, roles)


async def _create(_: PlaneFacade, request: Request) -> Reply:
    body, door = await body_of(request, access_shapes.TokenBody), door_of(request)
    grant, tokens = _granted(body), _tokens(door)
    if tokens.is_full():
        raise RequestRefused(
            409,
            f"there are {MOST_TOKENS} tokens already, so none was made; delete some with "
            "`gossamer token delete ID`",
        )
    named = f"{body.name} ({body.role} of {', '.join(grant.namespaces)})"
    await note(request, "create-token", named)
    return 200, tokens.create(body.name, grant, body.lifetime_s)


def _granted(body: access_shapes.TokenBody) -> RoleGrant:
    """The role as it was asked for. Raises RequestRefused for one that is none."""
    role, namespaces = Role(body.role), tuple(dict.fromkeys(body.namespaces))
    if role is Role.OPERATOR:
        if namespaces or body.hosts:
            raise _no_role("an operator's role holds everywhere", "Leave namespaces and hosts out")
        return RoleGrant(role)
    if not namespaces:
        raise _no_role(f"the role {role} holds in no namespace", "Name one, or * for all")
    if role is Role.VIEWER and body.hosts:
        raise _no_role("a viewer claims no hosts", "Leave them out, or make it an editor")
    if role is Role.EDITOR and ROOT_NAMESPACE in namespaces:
        raise _no_role(
            f"what is in {ROOT_NAMESPACE} holds for the whole mesh", "Make it an operator's token"
        )
    if role is Role.EDITOR and EVERYWHERE in namespaces and len(namespaces) > 1:
        raise _no_role("* stands for all namespaces", "Leave the others out")
    return RoleGrant(role, namespaces, tuple(dict.fromkeys(host.lower() for host in body.hosts)))


def _no_role(why: str, remedy: str) -> RequestRefused:
    return RequestRefused(400, f"{why}, so no token was made. {remedy}")


async def _list(_: PlaneFacade, request: Request) -> Reply:
    return 200, access_shapes.Tokens(_tokens(door_of(request)).all())


async def _delete(_: PlaneFacade, request: Request) -> Reply:
    identifier, tokens = request.path_params["id"], _tokens(door_of(request))
    if not any(each.id == identifier for each in tokens.all()):
        raise RequestRefused(
            404,
            f"there is no token {identifier[:40]}, so nothing was deleted; `gossamer token list` "
            "shows those that are",
        )
    await note(request, "delete-token", identifier)
    tokens.delete(identifier)
    return 200, Empty()


def _tokens(door: Door) -> TokenStore:
    if door.tokens is None:
        raise RequestRefused(404, "this control plane keeps no tokens. Nothing was done")
    return door.tokens


async def _audit(_: PlaneFacade, request: Request) -> Reply:
    audit = door_of(request).audit
    if audit is None:
        raise RequestRefused(404, "this control plane keeps no audit log")
    last = int(min(number_in(request, "last", _USUAL) or 0, _MOST))
    return 200, await audit.read(last)


async def _create_join_token(_: PlaneFacade, request: Request) -> Reply:
    body, desk = await body_of(request, access_shapes.JoinTokenBody), _join_desk(request)
    await note(request, "create-join-token", body.pattern)
    return 200, desk.create(body)


async def _join(_: PlaneFacade, request: Request) -> Reply:
    body, desk = await body_of(request, access_shapes.JoinBody), _join_desk(request)
    signed = await desk.join(body)
    await note(request, "join", body.identity)
    return 200, signed


def _join_desk(request: Request) -> JoinDesk:
    desk = door_of(request).joining
    if desk is None:
        raise RequestRefused(404, "this control plane lets nobody join, so nothing was done")
    return desk


ACCESS_ROUTES = (
    ApiRoute(
        "GET",
        "/v1/whoami",
        "Who asks, and their roles",
        Demand.IDENTITY,
        _who,
        access_shapes.WhoAmI,
    ),
    ApiRoute(
        "POST",
        "/v1/tokens",
        "Make a bearer token; its text is told this once",
        Demand.OPERATE,
        _create,
        access_shapes.TokenMade,
        access_shapes.TokenBody,
    ),
    ApiRoute("GET", "/v1/tokens", "All tokens", Demand.OPERATE, _list, access_shapes.Tokens),
    ApiRoute("DELETE", "/v1/tokens/{id}", "End a token", Demand.OPERATE, _delete, Empty),
    ApiRoute(
        "POST",
        "/v1/join-tokens",
        "Make a token by which one identity joins once; its text is told this once",
        Demand.OPERATE,
        _create_join_token,
        access_shapes.JoinTokenShape,
        access_shapes.JoinTokenBody,
    ),
    ApiRoute(
        "POST",
        "/v1/join",
        "A first certificate, for whoever proves who they are by a token",
        Demand.IDENTITY,
        _join,
        SignedChain,
        access_shapes.JoinBody,
    ),
    ApiRoute(
        "GET",
        "/v1/audit",
        "The last entries of the audit log, and whether it is whole",
        Demand.OPERATE,
        _audit,
        access_shapes.AuditLog,
        query=("last",),
    ),
)
