"""HTTPRoute: rules for the hosts of a gateway, or for the callers of a service.

Each match of each rule is a route of its own, named RULE.MATCH (the rule's name or position, the
match's position), in the specification's order: most specific first, then as written. A rule that
cannot be read would hand its requests to a wider one, so the whole object is refused then; a
filter or backend that is not supported answers 500, as the specification says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gossamer.dialects.gatewayapi.backend import NONE, read_backends
from gossamer.dialects.gatewayapi.http_route.filters import Filters, read_filters
from gossamer.dialects.gatewayapi.http_route.match import read_match
from gossamer.dialects.gatewayapi.http_route.retry import read_retry
from gossamer.dialects.gatewayapi.http_route.route_conflicts import check_route
from gossamer.dialects.gatewayapi.http_route.timeout import read_timeout
from gossamer.dialects.gatewayapi.http_route.without_effect import check_route_in_vain
from gossamer.dialects.gatewayapi.parent import Parent, read_parents
from gossamer.dialects.reading import ObjectFragments
from gossamer.dialects.refusal import refuse
from gossamer.dialects.values.hostname import check_hosts
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Manifest, Path, dotted
from gossamer.model.assembly.precedence import precedence
from gossamer.model.finding import Finding, Severity
from gossamer.model.ids import EVERYWHERE, Dialect
from gossamer.model.policies import Policies, policies
from gossamer.model.traffic.route import MESH, Backend, Match, Route, RouteSet

Placed = tuple[Route, Path]


def read_http_route(manifest: Manifest, findings: list[Finding]) -> ObjectFragments:
    """A route set for each port of its gateways, and one for each service."""
    with Fields(manifest, (), findings) as top:
        spec = top.child("spec", required=True)
        parents = read_parents(spec, manifest.namespace)
        hosts = spec.strings("hostnames")
        check_hosts(spec, "hostnames", hosts)
        spec.skip("useDefaultGateways")
        rules = list(spec.each("rules"))
        sound = not spec.failed
        placed, decided = _rules(rules, manifest.namespace)
        check_route(spec)
        check_route_in_vain(spec)
        if not parents and sound:
            _tell_no_parent(spec)
        refused = not (sound and decided)
        if refused:
            refuse(top, "using only a part of its rules could send requests to the wrong place")
    placed.sort(key=lambda pair: precedence(pair[0].match))
    routes = tuple(route for route, _ in placed)
    found = tuple(_sets(manifest, parents, tuple(host.lower() for host in hosts), routes))
    return ObjectFragments(
        found, tuple((f"route {route.name}", path) for route, path in placed), refused
    )


def _sets(
    manifest: Manifest, parents: Iterable[Parent], hosts: tuple[str, ...], routes: tuple[Route, ...]
) -> Iterator[RouteSet]:
    together: dict[tuple[str, int | None, tuple[str, ...]], list[str]] = {}
    for parent in parents:
        ids = together.setdefault((parent.host, parent.port, parent.consumers), [])
        ids.append(parent.id)
    for (host, port, consumers), ids in together.items():
        yield RouteSet(
            object=manifest.ref,
            dialect=Dialect.GATEWAY_API,
            namespace=manifest.namespace,
            hosts=(host,) if MESH in ids else hosts or (EVERYWHERE,),
            parents=tuple(ids),
            routes=routes,
            port=port,
            consumers=consumers,
        )


def _rules(rules: list[Fields], namespace: str) -> tuple[list[Placed], bool]:
    """The routes of all rules, and whether all that decides about requests could be read."""
    found = [_routes(rule, at, namespace) for at, rule in enumerate(rules)]
    readable = [placed for routes in found if routes is not None for placed in routes]
    return readable, None not in found


def _routes(rule: Fields, at: int, namespace: str) -> list[Placed] | None:
    name = rule.string("name") or str(at)
    stanzas = list(rule.each("matches"))
    matches = [(read_match(s), s.path) for s in stanzas] or [(Match(), rule.path)]
    rule.unsupported("sessionPersistence", effect="requests of one session go to any backend")
    decided = not rule.failed
    filters, backends = read_filters(rule, namespace), read_backends(rule, namespace)
    extras = (read_timeout(rule), read_retry(rule))
    if not decided or filters is None or backends is None:
        return None
    if backends == (NONE,) and not (filters.redirect or filters.refused):
        _tell_nobody(rule)
    carried = _carried(filters, extras)
    answering = _answering(filters, backends)
    return [
        (Route(f"{name}.{order}", match, answering, carried), path)
        for order, (match, path) in enumerate(matches)
    ]


def _carried(filters: Filters, extras: tuple[object, ...]) -> Policies:
    values: tuple[object, ...] = extras
    if not filters.refused:
        values = (filters.headers, filters.redirect, filters.rewrite, filters.mirror, *extras)
    return policies(*(value for value in values if value is not None))


def _answering(filters: Filters, backends: tuple[Backend, ...]) -> tuple[Backend, ...]:
    if filters.refused:
        return (Backend("", refused=filters.refused),)
    return () if filters.redirect else backends


def _tell_nobody(rule: Fields) -> None:
    none = "no backendRefs" if not rule.has("backendRefs") else "no backend with any weight"
    rule.report(
        f"{dotted(rule.path)} has {none}",
        "its requests are answered 500, as the specification says",
        "Add a backend, or give one a weight; to answer otherwise, a RequestRedirect",
        field="backendRefs",
        severity=Severity.WARNING,
        code="weights-sum-zero" if rule.has("backendRefs") else "missing-field",
    )


def _tell_no_parent(spec: Fields) -> None:
    spec.report(
        "the route has no parent that serves it",
        "no request uses it",
        "Name a Gateway or a Service in spec.parentRefs",
        field="parentRefs",
        severity=Severity.WARNING,
        code="route-without-parent",
    )
