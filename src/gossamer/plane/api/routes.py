"""The API's routes as a table, and what each does: translate, ask the plane, translate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import UNSET
from starlette.requests import Request

from gossamer.explain.permission.shapes import CanShape, SegmentsShape
from gossamer.explain.promises.shapes import Proofs
from gossamer.explain.report.shapes import ExplanationShape
from gossamer.plane.access.demands import Demand
from gossamer.plane.api import answers, bans, identity, mtls_answers, shapes
from gossamer.plane.api.access_routes import ACCESS_ROUTES
from gossamer.plane.api.api_route import Answer, ApiRoute, Reply, note, writer_of
from gossamer.plane.api.facade import PlaneFacade, RequestRefused
from gossamer.plane.api.requests import body_of, files_of
from gossamer.plane.api.waiting import wait_for_change
from gossamer.plane.revisions import Topic


async def _apply(plane: PlaneFacade, request: Request) -> Reply:
    body = await body_of(request, shapes.FilesBody)
    files = files_of(body.files)
    dry_run = _dry_run(request)
    writer = writer_of(request)
    if dry_run:
        applied = await plane.preview(files, writer, body.supposed, body.promises)
    else:
        applied = await plane.apply(files, writer)
    if applied.applied or not any(f.severity == "error" for f in applied.findings):
        return 200, applied
    error = "Nothing in these files could be read, so nothing was applied. See the findings"
    return 422, shapes.Failure(error=error, findings=applied.findings)


def _dry_run(request: Request) -> bool:
    return request.query_params.get("dry_run", "0") not in ("", "0", "false")


async def _delete(plane: PlaneFacade, request: Request) -> Reply:
    body = await body_of(request, shapes.DeleteBody)
    if body.files is UNSET and body.objects is UNSET:
        raise RequestRefused(
            400,
            "POST /v1/delete: the body has neither files nor objects. Nothing was done. "
            "Send one of the two, as /v1/openapi.json describes",
        )
    files, objects = files_of(body.files or ()), body.objects or ()
    return 200, await plane.delete(files, objects, writer_of(request))


async def _documents(plane: PlaneFacade, request: Request) -> Reply:
    query = request.query_params
    kinds = frozenset(query["kind"].split(",")) if query.get("kind") else None
    await wait_for_change(request, lambda since: plane.documents_changed(since, kinds))
    return 200, plane.documents(kinds, query.get("namespace"), query.get("name"))


async def _observe(plane: PlaneFacade, request: Request) -> Reply:
    observation = await body_of(request, shapes.ObservationBody)
    await plane.observe(request.path_params["source"], observation)
    return 200, shapes.Empty()


async def _proxy(plane: PlaneFacade, request: Request) -> Reply:
    """An unknown one is told at once, and not waited for."""
    pod = request.path_params["namespace"], request.path_params["pod"]
    known = plane.proxy(*pod)
    if not request.query_params.get("since"):
        return 200, known
    await wait_for_change(request, lambda since: plane.changed(Topic.STATUS, since))
    return 200, plane.proxy(*pod)


async def _rotate(plane: PlaneFacade, request: Request) -> Reply:
    body = await body_of(request, identity.RotateBody)
    standing = plane.rotate(body)
    await note(request, "force-rotation" if body.force else "rotate", body.source or "own root")
    return 200, standing


async def _metrics(plane: PlaneFacade, _: Request) -> Reply:
    return 200, plane.metrics()


async def _mtls(plane: PlaneFacade, request: Request) -> Reply:
    await wait_for_change(request, lambda since: plane.changed(Topic.TRAFFIC, since))
    return 200, await plane.mtls()


async def _policy_report(plane: PlaneFacade, request: Request) -> Reply:
    await wait_for_change(request, lambda since: plane.changed(Topic.TRAFFIC, since))
    query = request.query_params
    return 200, await plane.policy_report(query.get("namespace", ""), query.get("after", ""))


async def _explain(plane: PlaneFacade, request: Request) -> Reply:
    return 200, await plane.explain(await body_of(request, shapes.CallBody))


async def _ban(plane: PlaneFacade, request: Request) -> Reply:
    body = await body_of(request, bans.BanBody)
    banned = await plane.ban(body)
    await note(request, "ban", body.subject)
    return 200, banned


async def _lift(plane: PlaneFacade, request: Request) -> Reply:
    body = await body_of(request, bans.LiftBody)
    left = await plane.lift(body)
    await note(request, "lift-ban", body.subject)
    return 200, left


async def _can(plane: PlaneFacade, request: Request) -> Reply:
    return 200, await plane.can(await body_of(request, shapes.CanBody))


async def _segments(plane: PlaneFacade, request: Request) -> Reply:
    return 200, await plane.segments(await body_of(request, shapes.SegmentsBody))


async def _rules(plane: PlaneFacade, request: Request) -> Reply:
    return 200, await plane.rules(await body_of(request, shapes.RulesBody))


async def _prove(plane: PlaneFacade, request: Request) -> Reply:
    body = await body_of(request, shapes.PromisesBody)
    return 200, await plane.prove(body.promises)


async def _health(plane: PlaneFacade, _: Request) -> Reply:
    health = plane.health()
    return (200 if health.status == "ok" else 503), health


def _waits_for(topic: Topic, tell: Callable[[PlaneFacade], Any]) -> Answer:
    """An answer that can wait until its topic has changed."""

    async def answer(plane: PlaneFacade, request: Request) -> Reply:
        await wait_for_change(request, lambda since: plane.changed(topic, since))
        return 200, tell(plane)

    return answer


_OBJECT_QUERY = ("kind", "namespace", "name")
_POLL_QUERY = ("since", "wait")

ROUTES = (
    ApiRoute(
        "POST",
        "/v1/apply",
        "Store every object in the files, durably; with dry_run=1 only say what it would do",
        Demand.WRITE,
        _apply,
        answers.Applied,
        shapes.FilesBody,
        ("dry_run",),
    ),
    ApiRoute(
        "POST",
        "/v1/delete",
        "Remove objects",
        Demand.WRITE,
        _delete,
        shapes.Deleted,
        shapes.DeleteBody,
    ),
    ApiRoute(
        "GET",
        "/v1/documents",
        "The declared objects, of one kind or several (A,B); waits for news of them when since "
        "and wait are given",
        Demand.READ,
        _documents,
        shapes.Documents,
        query=_OBJECT_QUERY + _POLL_QUERY,
        topic=Topic.DOCUMENTS,
    ),
    ApiRoute(
        "PUT",
        "/v1/observations/{source}",
        "Replace what one platform or agent sees",
        Demand.OPERATE,
        _observe,
        shapes.Empty,
        shapes.ObservationBody,
    ),
    ApiRoute(
        "GET",
        "/v1/services",
        "Services with addresses and ready endpoints; waits for news like documents",
        Demand.READ,
        _waits_for(Topic.SERVICES, lambda plane: plane.services()),
        shapes.Services,
        query=_POLL_QUERY,
        topic=Topic.SERVICES,
    ),
    ApiRoute(
        "GET",
        "/v1/status",
        "The plane and its proxies; waits for news like documents",
        Demand.READ,
        _waits_for(Topic.STATUS, lambda plane: plane.status()),
        answers.Status,
        query=_POLL_QUERY,
        topic=Topic.STATUS,
    ),
    ApiRoute(
        "GET",
        "/v1/findings",
        "Findings on the objects in force; waits for news like documents",
        Demand.READ,
        _waits_for(Topic.FINDINGS, lambda plane: plane.findings()),
        shapes.Findings,
        query=_POLL_QUERY,
        topic=Topic.FINDINGS,
    ),
    ApiRoute(
        "GET",
        "/v1/traffic",
        "The edges as agents reported them; waits for the next report like documents",
        Demand.READ,
        _waits_for(Topic.TRAFFIC, lambda plane: plane.traffic()),
        answers.Traffic,
        query=_POLL_QUERY,
        topic=Topic.TRAFFIC,
    ),
    ApiRoute(
        "GET",
        "/v1/mtls",
        "Who was seen to call whom with the mesh's TLS and who without, and the modes in force; "
        "waits for the next report like traffic",
        Demand.READ,
        _mtls,
        mtls_answers.MtlsEvidence,
        query=_POLL_QUERY,
        topic=Topic.TRAFFIC,
    ),
    ApiRoute(
        "GET",
        "/v1/policies/report",
        "What rules of authorization refused and noted, and dry runs would have refused: to "
        "workloads of one namespace or all, of what was seen after a time; waits like traffic",
        Demand.READ,
        _policy_report,
        answers.PolicyReport,
        query=("namespace", "after", *_POLL_QUERY),
        topic=Topic.TRAFFIC,
    ),
    ApiRoute(
        "GET",
        "/v1/proxies/{namespace}/{pod}",
        "What is compiled for one proxy; waits for news of the proxies like status",
        Demand.READ,
        _proxy,
        answers.ProxyResources,
        query=_POLL_QUERY,
        topic=Topic.STATUS,
    ),
    ApiRoute(
        "GET",
        "/v1/identity",
        "The mesh's own authority and how far a rotation is; waits for news like documents",
        Demand.READ_ALL,
        _waits_for(Topic.IDENTITY, lambda plane: plane.identity()),
        identity.IdentityStatus,
        query=_POLL_QUERY,
        topic=Topic.IDENTITY,
    ),
    ApiRoute(
        "POST",
        "/v1/identity/rotation",
        "Exchange the root of the mesh while it runs; with force go on without the absent",
        Demand.OPERATE,
        _rotate,
        identity.IdentityStatus,
        identity.RotateBody,
    ),
    ApiRoute(
        "GET",
        "/v1/metrics",
        "The plane's own numbers, for Prometheus",
        Demand.READ_ALL,
        _metrics,
        str,
    ),
    ApiRoute(
        "POST",
        "/v1/explain",
        "What would become of a call, hop by hop, and because of which objects",
        Demand.READ,
        _explain,
        ExplanationShape,
        shapes.CallBody,
    ),
    ApiRoute(
        "POST",
        "/v1/can",
        "Whether one workload may call another, and because of which rule",
        Demand.READ,
        _can,
        CanShape,
        shapes.CanBody,
    ),
    ApiRoute(
        "POST",
        "/v1/segments",
        "Who may call whom, for all pairs of namespaces or workloads, by the policies alone",
        Demand.READ_ALL,
        _segments,
        SegmentsShape,
        shapes.SegmentsBody,
    ),
    ApiRoute(
        "POST",
        "/v1/rules",
        "Where authorization rules are written, by the names that proxies log",
        Demand.READ,
        _rules,
        answers.RulesPlaces,
        shapes.RulesBody,
    ),
    ApiRoute(
        "POST",
        "/v1/prove",
        "Whether promises of who may call whom hold, for every call",
        Demand.READ_ALL,
        _prove,
        Proofs,
        shapes.PromisesBody,
    ),
    ApiRoute(
        "GET",
        "/v1/bans",
        "Who is refused, certificate or not; waits for news like documents",
        Demand.OPERATE,
        _waits_for(Topic.BANS, lambda plane: plane.bans()),
        bans.BansShape,
        query=_POLL_QUERY,
        topic=Topic.BANS,
    ),
    ApiRoute(
        "POST",
        "/v1/bans",
        "Refuse an identity or a pod from now on: nothing is signed for it, its streams end, peers "
        "refuse it",
        Demand.OPERATE,
        _ban,
        bans.BannedShape,
        bans.BanBody,
    ),
    ApiRoute(
        "POST",
        "/v1/bans/lift",
        "Refuse it no longer",
        Demand.OPERATE,
        _lift,
        bans.BansShape,
        bans.LiftBody,
    ),
    ApiRoute(
        "GET",
        "/v1/healthz",
        "Whether changes can be taken",
        Demand.IDENTITY,
        _health,
        shapes.Health,
    ),
    *ACCESS_ROUTES,
)
