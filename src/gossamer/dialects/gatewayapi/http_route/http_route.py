"""HTTPRoute: rules for the hosts of a gateway, or for the callers of a service.

Each match of each rule is a route of its own, named RULE.MATCH (the rule's name or position, the
match's position), in the specification's order: most specific first, then as written. A rule that
cannot be read would hand its requests to a wider one, so the whole object is refused then; a
filter or backend that is not supported answers 500, as the specification says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from gossamer.dialects.gatewayapi.backend import NONE, read_backends
from gossamer.dialects.gatewayapi.http_route.filters import Filters, read_filters
from gossamer.dialects.gatewayapi.http_route.match import read_match
from gossamer.dialects.gatewayapi.http_route.retry import read_retry
from gossamer.dialects.gatewayapi.http_route.route_conflicts import check_route
from gossamer.dialects.gatewayapi.http_route.timeout import read_timeout
from gossamer.dialects.gatewayapi.http_route.without_effect import check_route_in_vain
from gossamer.dialects.gatewayapi.parent import Parent, read_parents
from gossamer.dialects.placed import Placed, Written, names_of, placed
from gossamer.dialects.reading import ObjectFragments
from gossamer.dialects.refusal import refused
from gossamer.dialects.values.hostname import check_hosts
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Manifest, dotted
from gossamer.model.assembly.precedence import precedence
from gossamer.model.finding import Finding, Severity
from gossamer.model.ids import EVERYWHERE, Dialect
from gossamer.model.policies import Policy
from gossamer.model.policies.redirect import Redirect
from gossamer.model.traffic.route import MESH, Backend, Match, Route, RouteSet

ADDED: Mapping[str, Callable[[Fields], Policy | None]] = {
    "timeouts": read_timeout,
    "retry": read_retry,
}
"""What only adds to a rule: its field, and the reader of it."""

_HALF = "using only a part of its rules could send requests to the wrong place"


def read_http_route(manifest: Manifest, findings: list[Finding]) -> ObjectFragments:
    """A route set for each port of its gateways, and one for each service."""
    with Fields(manifest, (), findings) as top:
        spec = top.child("spec", required=True)
        parents = read_parents(spec, manifest.namespace)
        hosts = spec.strings("hostnames")
        check_hosts(spec, "hostnames", hosts)
        spec.skip("useDefaultGateways")
        rules = list(spec.each("rules"))
        routes = [each for at, rule in enumerate(rules) for each in _routes(rule, at, manifest)]
        check_route(spec.optional())
        check_route_in_vain(spec.optional())
        is_refused = refused(spec, _HALF)
    routes.sort(key=lambda each: precedence(each.route.match))
    bare = tuple(each.route for each in routes)
    route_sets = tuple(_sets(manifest, parents, tuple(host.lower() for host in hosts), bare))
    return ObjectFragments(route_sets, names_of(routes), is_refused)


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


def _routes(rule: Fields, at: int, manifest: Manifest) -> list[Placed]:
    """The routes of a rule; none where something that decides about requests cannot be read."""
    name = rule.string("name") or str(at)
    stanzas = list(rule.each("matches"))
    matches = [(read_match(s), s.path) for s in stanzas] or [(Match(), rule.path)]
    rule.unsupported("sessionPersistence", effect="requests of one session go to any backend")
    filters = read_filters(rule, manifest.namespace)
    backends = read_backends(rule, manifest.namespace)
    extra = rule.optional()
    written: list[Written] = [] if filters is None or filters.refused else [*filters.written]
    written += [(read(extra), (*rule.path, field)) for field, read in ADDED.items()]
    if rule.failed or filters is None or backends is None:
        return []
    redirected = filters.policies.get(Redirect) is not None
    if backends == (NONE,) and not (redirected or filters.refused):
        _tell_nobody(rule)
    answering = _answering(filters, backends)
    return [
        placed(Route(f"{name}.{order}", match, answering), path, written)
        for order, (match, path) in enumerate(matches)
    ]


def _answering(filters: Filters, backends: tuple[Backend, ...]) -> tuple[Backend, ...]:
    if filters.refused:
        return (Backend("", refused=filters.refused),)
    return () if filters.policies.get(Redirect) else backends


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
