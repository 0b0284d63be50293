"""A request inside a proxy's HTTP connection manager: host, route, action, backends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from envoy.config.route.v3.route_components_pb2 import Route, VirtualHost
from envoy.config.route.v3.route_pb2 import RouteConfiguration

from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.wildcard_names import wildcard_names
from gossamer.compile.http_filters.connect import CONNECT
from gossamer.compile.http_filters.dialled import CHOSEN, DIALLED, HEADER, called_there
from gossamer.compile.http_filters.retry import STATUSES, may_ask
from gossamer.contract.cluster_names import PASSTHROUGH, ClusterName, parse_outbound
from gossamer.contract.route_names import host_in, is_eager, is_gateway, is_in
from gossamer.explain.authorization.backends import judged, refusing_status, tell_rulings
from gossamer.explain.places import (
    backend_named,
    backend_place,
    find_route,
    object_place,
    policy_place,
)
from gossamer.explain.report.explanation import Explanation, HeaderOperations, TrafficShare, Verdict
from gossamer.explain.report.proxy_config import ProxyConfig
from gossamer.explain.report.shadowed import other_claims
from gossamer.explain.report.shapes import RetriesShape
from gossamer.explain.report.steps import Steps
from gossamer.explain.route.fault import percent, told
from gossamer.explain.route.filter_effect import FilterEffect, LocalReply
from gossamer.explain.route.filters import filter_effects
from gossamer.explain.route.header_changes import response_operations
from gossamer.explain.route.redirect import STATUS, location, to_https
from gossamer.explain.route.request import ExplainedRequest
from gossamer.explain.route.route_walk import (
    MISSING_CLUSTER,
    Found,
    RequestTarget,
    find,
    place_of,
    targets,
    title,
)
from gossamer.explain.route.virtual_host import find_host
from gossamer.explain.tokens.checked import tokens_at_arrival
from gossamer.explain.walk.upstream import Dialled, backends_of, tell_upstream
from gossamer.model.origin import ObjectRef, Origin

BLOCKED_ROUTE = "blocked"


@dataclass(frozen=True, slots=True)
class Walk:
    """What a request's walk needs at every step.

    `filtered` is what HTTP filters do to the headers of an answer, after its route. `port` is the
    one of a gateway that the call arrives at, None where it leaves a workload.
    """

    config: ProxyConfig
    request: ExplainedRequest
    dialled: Dialled
    steps: Steps
    base: Explanation
    at_address: str = ""
    filtered: tuple[HeaderOperations, ...] = ()
    port: int | None = None

    def ends(self, verdict: Verdict, status: int | None, **more: Any) -> Explanation:
        """The explanation at the end of the walk, with all that was noted on the way."""
        code, grpc = (status, None)
        if status is not None:
            code, grpc = told(status, more.pop("grpc_status", None), self.request.is_grpc)
        steps = self.steps
        return replace(
            self.base,
            verdict=verdict,
            status=code,
            grpc_status=grpc,
            policies=steps.policies,
            because=steps.because,
            hops=steps.hops,
            lost=steps.shadowed,
            **more,
        )


def walk_http(walk: Walk, routes: str) -> Explanation:
    """Follow the request through the route configuration of that name."""
    asked = walk.request
    host, refs, walk = _found_host(walk, routes)
    if host is None:
        says = f"no virtual host of {routes} is {walk.request.authority}: 404"
        walk.steps.hop("virtual host", says)
        return walk.ends(Verdict.NO_ROUTE, 404)
    walk = replace(walk, base=replace(walk.base, virtual_host=host.name))
    walk.steps.hop("virtual host", f"{walk.request.authority} is {host.name}")
    if host.require_tls == VirtualHost.ALL and walk.request.scheme != "https":
        where = to_https(walk.request)
        walk.steps.hop("tls", f"plain HTTP is redirected to {where}", *_objects(walk, refs))
        return walk.ends(Verdict.REDIRECTED, 301, location=where)
    route_found = find(walk.config.mesh, host, refs, walk.request)
    walk = replace(walk, request=asked)
    walk.steps.lost(route_found.lost)
    walk.steps.lost(other_claims(walk.config, host.name, refs))
    return _routed(walk, route_found, refs)


def _found_host(walk: Walk, routes: str) -> tuple[VirtualHost | None, tuple[ObjectRef, ...], Walk]:
    """The virtual host and the walk into it: by the Host, else by the address that was dialled."""
    if walk.request.method == CONNECT and not is_gateway(routes):
        says = f"CONNECT goes to the dialled address, {walk.dialled}, for {walk.request.authority}"
    else:
        host, refs = _host(walk, routes)
        if host is None or not any(CHOSEN in r.typed_per_filter_config for r in host.routes):
            return host, refs, _at_dialled(walk, called_there(host) if host is not None else "")
        nobody = f"no object declares {walk.request.authority}"
        says = f"{nobody}: {walk.dialled} decides the service"
    walk.steps.hop("host", says)
    headers = (*walk.request.headers, (HEADER, walk.request.authority))
    meant = replace(walk.request, authority=f"{DIALLED}{walk.dialled}", headers=headers)
    walk = replace(walk, request=meant)
    host, refs = _host(walk, routes)
    return host, refs, replace(walk, at_address=str(_cluster(walk, walk.dialled.address or "")))


def _at_dialled(walk: Walk, called: str) -> Walk:
    """The walk to a headless service, whose callers choose an address; as it was for any other."""
    if not called or not walk.dialled.address:
        return walk
    return replace(walk, at_address=str(_cluster(walk, called, walk.dialled.address)))


def _cluster(walk: Walk, host: str, address: str = "") -> ClusterName:
    return ClusterName(walk.dialled.port, host, address=address)


def _host(walk: Walk, routes: str) -> tuple[VirtualHost | None, tuple[ObjectRef, ...]]:
    """The virtual host, on demand or out of the configuration, and the objects behind it."""
    config = walk.config
    given = config.routes(routes)
    if given is None:
        return None, ()
    if is_eager(routes):
        return _eager_host(walk, routes)
    if given.HasField("vhds"):
        name = host_in(routes, walk.request.authority.lower())
        return config.virtual_host(name), config.because(ResourceType.VIRTUAL_HOST, name)
    return find_host(given, walk.request.authority), config.because(ResourceType.ROUTE, routes)


def _eager_host(walk: Walk, routes: str) -> tuple[VirtualHost | None, tuple[ObjectRef, ...]]:
    """The virtual host among those that an eager sidecar holds as wildcard."""
    config, every = walk.config, RouteConfiguration(name=routes)
    for name in wildcard_names(config.mesh, config.pod, ResourceType.VIRTUAL_HOST).names:
        fetched = config.virtual_host(name) if is_in(routes, name) else None
        if fetched is not None:
            every.virtual_hosts.append(fetched)
    host = find_host(every, walk.request.authority)
    return host, config.because(ResourceType.VIRTUAL_HOST, host.name) if host else ()


def _objects(walk: Walk, refs: tuple[ObjectRef, ...]) -> list[Origin | None]:
    return [object_place(walk.config.mesh, ref) for ref in refs]


def _routed(walk: Walk, route_found: Found, refs: tuple[ObjectRef, ...]) -> Explanation:
    route = route_found.route
    if route is None:
        walk.steps.hop("route", "no route of it matches the call: 404")
        return walk.ends(Verdict.NO_ROUTE, 404)
    mesh = walk.config.mesh
    place = place_of(mesh, refs, route.name)
    places = [place] if place else _objects(walk, refs)
    walk.steps.hop("route", f"{title(route.name)} matches the call", *places)
    _tell_policies(walk, refs, route.name)
    base = replace(walk.base, route=route.name, **_bounds(route, walk.request))
    walk = replace(walk, base=base)
    for effect in filter_effects(route, walk.request):
        walk = _filtered(walk, effect)
        if effect.answer is not None:
            return _ended(walk, effect.answer)
    return _acted(walk, route, route_found, refs)


def _filtered(walk: Walk, effect: FilterEffect) -> Walk:
    walk.steps.hop(effect.step, effect.says)
    response = () if effect.response is None else (effect.response,)
    base = replace(walk.base, **effect.report)
    return replace(walk, base=base, filtered=(*walk.filtered, *response))


def _ended(walk: Walk, answer: LocalReply) -> Explanation:
    walk = replace(walk, base=replace(walk.base, response=walk.filtered))
    status, grpc = answer.status, answer.grpc_status
    return walk.ends(Verdict.DIRECT_RESPONSE, status, grpc_status=grpc, body=answer.body)


def _bounds(route: Route, request: ExplainedRequest) -> dict[str, Any]:
    """Timeout and retries of a forwarding route, as fields of an Explanation."""
    if route.WhichOneof("action") != "route":
        return {}
    action = route.route
    timeout = action.timeout.ToTimedelta().total_seconds()
    bounds: dict[str, Any] = {"timeout_s": timeout or None}
    policy = action.retry_policy
    if policy.retry_on:
        tries = policy.per_try_timeout.ToTimedelta().total_seconds()
        on = policy.retry_on.split(",") + [STATUSES] * may_ask(route, request.method)
        bounds["retries"] = RetriesShape(
            attempts=policy.num_retries.value,
            on=on,
            statuses=list(policy.retriable_status_codes) if STATUSES in on else [],
            per_try_s=tries or None,
        )
    bounds["mirrors"] = tuple(
        (mirror.cluster, percent(mirror.runtime_fraction.default_value))
        for mirror in action.request_mirror_policies
    )
    return bounds


def _tell_policies(walk: Walk, refs: tuple[ObjectRef, ...], name: str) -> None:
    mesh = walk.config.mesh
    known = find_route(mesh, refs, name)
    if known is None:
        return
    ref, route = known
    for value in route.policies:
        where = policy_place(mesh, ref, route.name, value.WORD)
        walk.steps.applied(value.WORD, f"{value.WORD} of {ref}", where)


def _acted(
    walk: Walk, route: Route, route_found: Found, refs: tuple[ObjectRef, ...]
) -> Explanation:
    response = response_operations(route, walk.request)
    own = () if response == HeaderOperations() else (response,)
    walk = replace(walk, base=replace(walk.base, response=(*own, *walk.filtered)))
    match route.WhichOneof("action"):
        case "redirect":
            where, status = location(route, walk.request), STATUS[route.redirect.response_code]
            walk.steps.hop("redirect", f"the caller is sent to {where} ({status})")
            return walk.ends(Verdict.REDIRECTED, status, location=where)
        case "direct_response":
            return _answered(walk, route)
    return _forwarded(walk, route, route_found, refs)


def _answered(walk: Walk, route: Route) -> Explanation:
    answer = route.direct_response
    body = answer.body.inline_string or answer.body.inline_bytes.decode(errors="replace")
    blocked = route.name == BLOCKED_ROUTE
    says = f"the proxy answers {answer.status} itself" + (f": {body[:120]}" if body else "")
    walk.steps.hop("answer", says)
    verdict = Verdict.BLOCKED if blocked else Verdict.DIRECT_RESPONSE
    return walk.ends(verdict, answer.status, body=body)


def _forwarded(walk: Walk, route: Route, taken: Found, refs: tuple[ObjectRef, ...]) -> Explanation:
    missing = MISSING_CLUSTER[route.route.cluster_not_found_response_code]
    every = targets(route, walk.request, taken.percent, walk.at_address)
    marked = tuple(replace(each, response=(*each.response, *walk.filtered)) for each in every)
    answered = tuple(_answered_share(walk, *each) for each in taken.before)
    shares = tuple(_share(walk, target, missing, refs, route.name) for target in marked) + answered
    if len(marked) == 1 and marked[0].cluster == PASSTHROUGH:
        walk.steps.hop("passthrough", f"the call goes on as it is to {walk.dialled}")
        return walk.ends(Verdict.PASSTHROUGH, None, shares=shares)
    served = [share for share in shares if share.status is None]
    if served:
        return walk.ends(Verdict.ROUTED, None, shares=shares)
    refused = [share for share in shares if share.backends]
    verdict = Verdict.DENIED if refused else Verdict.ROUTED
    return walk.ends(verdict, shares[0].status, shares=shares)


def _answered_share(walk: Walk, route: Route, part: float) -> TrafficShare:
    """The calls that a route in front takes away, to answer them itself."""
    answer = route.direct_response
    why = str(answer.body.inline_string)
    walk.steps.hop("share", f"{part:g} % of the calls are answered {answer.status}: {why}")
    response = response_operations(route, walk.request)
    operations = () if response == HeaderOperations() else (response,)
    return TrafficShare("", round(part, 4), status=answer.status, why=why, response=operations)


def _share(
    walk: Walk, target: RequestTarget, missing: int, refs: tuple[ObjectRef, ...], route: str
) -> TrafficShare:
    backends = backends_of(walk.config, target.cluster, target.percent, walk.dialled)
    place = _backend_place(walk, refs, route, target.cluster)
    says = f"{target.percent:g} % of the calls go to {target.cluster}"
    if backends is None:
        why = "there is no such cluster: the backend does not exist or may not be used"
        walk.steps.hop("share", f"{says}: {missing}, {why}", place)
        return target.share(status=missing, why=why)
    walk.steps.hop("share", says, place)
    tell_upstream(walk.config, target.cluster, backends, walk.steps)
    if not backends:
        return target.share(status=503, why="it has no endpoints")
    tokens = tokens_at_arrival(walk.config.mesh, backends, target.request, walk.steps)
    if tokens.status is not None:
        return target.share(status=tokens.status, why=tokens.says, backends=backends)
    every = judged(walk.config, target.cluster, backends, target.request)
    tell_rulings(every, walk.steps)
    backends = tuple(each.backend for each in every)
    if all(backend.refusal for backend in backends):
        status = refusing_status(every, 503)
        return target.share(status=status, why=backends[0].refusal, backends=backends)
    return target.share(backends=backends)


def _backend_place(
    walk: Walk, refs: tuple[ObjectRef, ...], route: str, cluster: str
) -> Origin | None:
    known, named = find_route(walk.config.mesh, refs, route), parse_outbound(cluster)
    if known is None or named is None:
        return None
    for at, _ in backend_named(known[1], named.host, named.subset):
        return backend_place(walk.config.mesh, known[0], known[1].name, at)
    return None
