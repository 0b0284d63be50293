"""What a client may see, and which claim holds for it: services, destinations, routes."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.model import tables
from gossamer.model.ids import EVERYWHERE, ROOT_NAMESPACE, Dialect
from gossamer.model.mesh import Lookup
from gossamer.model.settings import DEFAULTS, Settings
from gossamer.model.traffic.destination import Destination
from gossamer.model.traffic.route import RouteSet
from gossamer.model.traffic.service import Service
from gossamer.model.workload.labels import selects
from gossamer.model.workload.pod import Pod
from gossamer.model.workload.workload_policy import WorkloadPolicy

_MOST_ALIASES = 4


def scope_of(mesh: Lookup, namespace: str) -> str:
    """The view that clients of a namespace have: `*`, or the namespace where it sees its own.

    Namespaces with nothing of their own share one view, and so one set of compiled resources.
    """
    return namespace if mesh.lookup(tables.SCOPED, namespace) else EVERYWHERE


def service_for(mesh: Lookup, host: str, namespace: str) -> Service | None:
    """The service of that host that clients of the namespace see: their own first."""
    claims = mesh.lookup(tables.SERVICES, host) or ()
    seen = [service for service in claims if service.visible_in(namespace)]
    return next((service for service in seen if service.namespace == namespace), None) or next(
        iter(seen), None
    )


def behind(mesh: Lookup, service: Service, namespace: str) -> tuple[Service | None, str]:
    """The service at the end of its other names, or the outside name in which they end."""
    for _ in range(_MOST_ALIASES):
        if not service.alias:
            return service, ""
        target = service_for(mesh, service.alias, namespace)
        if target is None:
            return None, service.alias
        service = target
    return None, ""


def patterns(host: str) -> Iterator[str]:
    """The host, then the wildcards that cover it, narrowest first, `*` last."""
    yield host
    labels = host.split(".")
    for start in range(1, len(labels)):
        yield ".".join(["*", *labels[start:]])
    yield EVERYWHERE


def destination_for(mesh: Lookup, service: Service, namespace: str) -> Destination | None:
    """The destination that rules calls to a service from a namespace.

    Istio's order: the client's namespace, the service's, the root namespace; in each the
    narrowest host pattern. Several on one host and namespace are `merged`.
    """
    for home in dict.fromkeys((namespace, service.namespace, ROOT_NAMESPACE)):
        for pattern in patterns(service.host):
            claims = mesh.lookup(tables.DESTINATIONS, pattern) or ()
            mine = [d for d in claims if d.namespace == home and _follows(d, home, namespace)]
            if mine:
                return merged(mine)
    return None


def _follows(destination: Destination, home: str, namespace: str) -> bool:
    return home == namespace or destination.visible_in(namespace)


def merged(claims: list[Destination]) -> Destination:
    """One destination of several on one host: the oldest's policies, everyone's subsets."""
    first, *others = claims
    names = {subset.name for subset in first.subsets}
    more = tuple(s for other in others for s in other.subsets if s.name not in names)
    if not more:
        return first
    return Destination(
        first.object,
        first.namespace,
        first.host,
        first.policies,
        first.port_policies,
        first.subsets + more,
        first.export_to,
        first.workload_selector,
    )


def routes_for(mesh: Lookup, host: str, port: int, namespace: str) -> tuple[RouteSet, ...]:
    """The route sets that rule a host's port for clients of a namespace, strongest first.

    The narrowest host pattern decides. Of Gateway API all of that strength hold together (they
    merge by specificity), of Istio and SMI the first alone. A consumer's own routes beat the
    producer's (GAMMA).
    """
    for pattern in patterns(host):
        claims = mesh.lookup(tables.ROUTES, pattern) or ()
        seen = [r for r in claims if r.visible_in(namespace, pattern) and r.port in (None, port)]
        if seen:
            return _ruling(seen, namespace)
    return ()


def _ruling(seen: list[RouteSet], namespace: str) -> tuple[RouteSet, ...]:
    best = [routes for routes in seen if routes.dialect is seen[0].dialect]
    if seen[0].dialect is not Dialect.GATEWAY_API:
        return (best[0],)
    own = [r for r in best if r.consumers == (namespace,)]
    exact = [r for r in own or best if r.port is not None]
    return tuple(exact or own or best)


def settings_of(mesh: Lookup) -> Settings:
    """The mesh-wide settings in force."""
    claims = mesh.lookup(tables.SETTINGS, EVERYWHERE) or ()
    return claims[0] if claims else DEFAULTS


def workload_policies(mesh: Lookup, pod: Pod) -> tuple[WorkloadPolicy, ...]:
    """What is said of a pod, narrowest first: by its labels, by its namespace, mesh-wide.

    Objects whose kinds all hold together, and those for the workloads of named objects, are not
    here.
    """
    own = mesh.lookup(tables.RULING_POLICIES, pod.namespace) or ()
    root = mesh.lookup(tables.RULING_POLICIES, ROOT_NAMESPACE) or ()
    chosen = [p for p in own if p.selector and selects(p.selector, pod.labels)]
    whole = [p for p in own if not p.selector]
    everywhere = [p for p in root if not p.selector and pod.namespace != ROOT_NAMESPACE]
    return (*chosen, *whole, *everywhere)
