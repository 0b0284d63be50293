"""Keeping the derived tables true: who stands behind a host, which addresses mean what.

Each step looks only at what changed, by indices from labels to pods and to services.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from immutables import Map

from gossamer.model import tables
from gossamer.model.addressing.address_holder import PodHolder, ServiceHolder
from gossamer.model.addressing.addresses import virtual_addresses
from gossamer.model.addressing.ranges import is_given_by_mesh, outside
from gossamer.model.assembly.endpoints import endpoints_of
from gossamer.model.assembly.learned import learned
from gossamer.model.assembly.merged_services import MERGING, merged_services
from gossamer.model.ids import (
    CLUSTER_DOMAIN,
    EVERYWHERE,
    ROOT_NAMESPACE,
    WIDE,
    Key,
    Table,
    service_host,
)
from gossamer.model.mesh import Draft
from gossamer.model.origin import ObjectRef
from gossamer.model.traffic.destination import Destination
from gossamer.model.traffic.route import RouteSet
from gossamer.model.traffic.service import DeclaredEndpoints, Protocol, Service
from gossamer.model.workload.labels import Labels, selects
from gossamer.model.workload.pod import Pod, ProxyRole

ALL = ""  # the scope of what must know every host, whoever may see it: a resolver

_DOTS = service_host("", "").count(".")


def derive(draft: Draft, before: Mapping[Key, Any], age: Callable[[ObjectRef], int]) -> None:
    """Bring the derived tables up to date with the declared facts and pods in `before`."""
    hosts: set[str] = set()
    rivals: set[str] = set()
    for key, old in before.items():
        new = draft.get_key(key)
        if key.table == tables.DECLARED_SERVICES.name:
            had, has = _merge_services(draft, key.name, new or ())
            _place_routed(draft, key.name)
            _count_services(draft, had, has)
            rivals |= _claim_addresses(draft, key.name, had[:1], has[:1], age)
            hosts.add(key.name)
        elif key.table == tables.DECLARED_ENDPOINTS.name:
            _index_addresses(draft, key.name, old, new or ())
            hosts.add(key.name)
        elif key.table == tables.DESTINATIONS.name:
            _count_destinations(draft, old, new or ())
            _place_mutual(draft, key.name, new or ())
        elif key.table == tables.ROUTES.name:
            _count_source_labels(draft, old, new or ())
            _place_routed(draft, key.name)
    for host in sorted(hosts | rivals, key=lambda host: _turn(draft, host)):
        _place_service(draft, host)
    for key, old in before.items():
        if key.table == tables.PODS.name:
            hosts |= _place_pod(draft, old, draft.lookup(tables.PODS, key.name))
    for host in sorted(hosts):
        _join_members(draft, host)


def _merge_services(
    draft: Draft, host: str, declared: tuple[Service, ...]
) -> tuple[tuple[Service, ...], tuple[Service, ...]]:
    """Bring a host's services up to date; those it had and those it has."""
    had = draft.lookup(tables.SERVICES, host) or ()
    has = merged_services(declared)
    draft.put(tables.SERVICES, host, has or None)
    return had, has


def _label_keys(namespace: str, labels: Labels) -> list[str]:
    return [f"{namespace} {key}={value}" for key, value in labels]


def _count(draft: Draft, table: Table[Map[Any, int]], scope: str, item: Any, by: int) -> None:
    counts = draft.lookup(table, scope) or Map()
    left = counts.get(item, 0) + by
    counts = counts.set(item, left) if left else counts.delete(item)
    draft.put(table, scope, counts if len(counts) else None)


def _member(draft: Draft, table: Table[Map[str, None]], name: str, item: str, present: Any) -> None:
    held = draft.lookup(table, name) or Map()
    if present:
        held = held.set(item, None)
    elif item in held:
        held = held.delete(item)
    draft.put(table, name, held if len(held) else None)


def _scoped(draft: Draft, namespace: str, by: int) -> None:
    draft.put(tables.SCOPED, namespace, (draft.lookup(tables.SCOPED, namespace) or 0) + by or None)


def _count_services(draft: Draft, old: Iterable[Service], new: Iterable[Service]) -> None:
    """Move the counts by the difference alone: a service that keeps its ports touches nothing."""
    change = Counter(_counted(new))
    change.subtract(Counter(_counted(old)))
    for (scope, _, port, kind), by in change.items():
        if by and port:
            counts, ports = _BY_PORT[kind]
            _count(draft, counts, scope, port, by)
            counted: Map[int, int] = draft.lookup(counts, scope) or Map()
            draft.put(ports, scope, tuple(sorted(counted)) or None)
        elif by and scope != EVERYWHERE:
            _scoped(draft, scope, by)
    for table, mine in _LISTS.items():
        had, has = set(mine(old)), set(mine(new))
        for scope, host in had ^ has:
            _member(draft, table, scope, host, (scope, host) in has)


_BY_PORT = {
    "http": (tables.HTTP_PORT_COUNTS, tables.HTTP_PORTS),
    "undeclared": (tables.UNDECLARED_PORT_COUNTS, tables.UNDECLARED_PORTS),
}


def _counted(services: Iterable[Service]) -> Iterator[tuple[str, str, int, str]]:
    for service in services:
        for scope in service.export_to:
            yield (scope, service.host, 0, "")
            for port in service.ports:
                if port.protocol.is_http:
                    yield (scope, service.host, port.number, "http")
                elif port.protocol is Protocol.UNDECLARED:
                    yield (scope, service.host, port.number, "undeclared")


def _every(services: Iterable[Service]) -> Iterator[tuple[str, str]]:
    """Each service under every scope that sees it, and under ALL."""
    return ((scope, s.host) for s in services for scope in (*s.export_to, ALL))


def _with_tcp(services: Iterable[Service]) -> Iterator[tuple[str, str]]:
    return _every(s for s in services if any(not p.protocol.may_be_http for p in s.ports))


def _tcp_at_port(services: Iterable[Service]) -> Iterator[tuple[str, str]]:
    return _at_ports(services, lambda p: not p.may_be_http and p is not Protocol.UDP)


def _undeclared_at_port(services: Iterable[Service]) -> Iterator[tuple[str, str]]:
    return _at_ports(services, lambda protocol: protocol is Protocol.UNDECLARED)


def _at_ports(
    services: Iterable[Service], wanted: Callable[[Protocol], bool]
) -> Iterator[tuple[str, str]]:
    """Each service under `SCOPE PORT` for the ports whose protocol is wanted."""
    for service in services:
        for number in {port.number for port in service.ports if wanted(port.protocol)}:
            yield from ((f"{scope} {number}", service.host) for scope in service.export_to)


def _with_outside(services: Iterable[Service]) -> Iterator[tuple[str, str]]:
    """Those with HTTP ports at addresses that are not the mesh's own, or whose endpoints may be."""
    http = (s for s in services if any(port.protocol.may_be_http for port in s.ports))
    return _every(s for s in http if outside(s.addresses) or _may_lie_outside(s))


def _may_lie_outside(service: Service) -> bool:
    """Whether callers dial endpoints that an author wrote down."""
    return service.headless and service.selector is None and not service.alias


_LISTS: Mapping[Table[Map[str, None]], Callable[[Iterable[Service]], Iterator[tuple[str, str]]]] = {
    tables.HOSTS: _every,
    tables.TCP_HOSTS: _with_tcp,
    tables.TCP_AT_PORT: _tcp_at_port,
    tables.UNDECLARED_AT_PORT: _undeclared_at_port,
    tables.OUTSIDE_HOSTS: _with_outside,
}


def _count_destinations(
    draft: Draft, old: Iterable[Destination], new: Iterable[Destination]
) -> None:
    change = Counter(_scopes(new))
    change.subtract(Counter(_scopes(old)))
    for scope, by in change.items():
        if by:
            _scoped(draft, scope, by)


def _place_mutual(draft: Draft, host: str, claims: Iterable[Destination]) -> None:
    """Keep the index of hosts that some destination chooses a TLS mode for, by their namespace.

    A pattern that covers hosts of several namespaces is under WIDE.
    """
    chosen = any(claim.client_tls for claim in claims)
    in_mesh = host.endswith(f".svc.{CLUSTER_DOMAIN}") and host.count(".") == _DOTS
    if in_mesh or host.startswith(EVERYWHERE):
        for scope in (host.split(".")[1] if in_mesh else WIDE, EVERYWHERE):
            _member(draft, tables.MUTUAL_HOSTS, scope, host, chosen)


def _place_routed(draft: Draft, host: str) -> None:
    """Keep the index of hosts that have routes and that no registry knows."""
    alone = draft.lookup(tables.ROUTES, host) and not draft.lookup(tables.SERVICES, host)
    _member(draft, tables.ROUTED_ALONE, EVERYWHERE, host, alone)


def _scopes(destinations: Iterable[Destination]) -> Iterator[str]:
    for destination in destinations:
        if destination.namespace != ROOT_NAMESPACE or destination.names_credential:
            yield destination.namespace
        yield from set(destination.export_to) - {EVERYWHERE, destination.namespace}


def _count_source_labels(draft: Draft, old: Iterable[RouteSet], new: Iterable[RouteSet]) -> None:
    change = Counter(_source_labels(new))
    change.subtract(Counter(_source_labels(old)))
    for name, by in change.items():
        if by:
            _count(draft, tables.SOURCE_LABELS, EVERYWHERE, name, by)


def _source_labels(claims: Iterable[RouteSet]) -> Iterator[str]:
    routes = (route for claim in claims for route in claim.routes)
    return (name for route in routes for name, _ in route.match.source_labels)


def _turn(draft: Draft, host: str) -> tuple[bool, bool, str]:
    """When a host gets its addresses: Services of Kubernetes first, so that no ServiceEntry has one
    before them; in each, those that declare one first."""
    services = draft.lookup(tables.SERVICES, host) or ()
    kubernetes = any(map(_is_kubernetes, services[:1]))
    return (not kubernetes, not (services and services[0].addresses), host)


def _is_kubernetes(service: Service) -> bool:
    return service.object.kind != MERGING


def _claim_addresses(
    draft: Draft,
    host: str,
    old: tuple[Service, ...],
    new: tuple[Service, ...],
    age: Callable[[ObjectRef], int],
) -> set[str]:
    """Note who declares which address; the other hosts that declare one of them."""
    had, has = ({a for service in each for a in service.addresses} for each in (old, new))
    rivals: set[str] = set()
    for address in had | has:
        claims = draft.lookup(tables.CLAIMS, address) or Map()
        claims = claims.delete(host) if host in claims else claims
        rivals |= set(claims)
        if address in has:
            rank = int(not _is_kubernetes(new[0]) and is_given_by_mesh(address))
            claims = claims.set(host, (rank, age(new[0].object)))
        elif draft.lookup(tables.ADDRESSES, address) == ServiceHolder(host):
            draft.put(tables.ADDRESSES, address, None)
        draft.put(tables.CLAIMS, address, claims if len(claims) else None)
    return rivals


def _place_service(draft: Draft, host: str) -> None:
    services = draft.lookup(tables.SERVICES, host) or ()
    service = services[0] if services else None
    meant = ServiceHolder(host)
    given = virtual_addresses(draft, host, service)
    old = draft.lookup(tables.VIRTUAL, host) or ()
    for address in set(old) - set(given):
        if draft.lookup(tables.ADDRESSES, address) == meant:
            draft.put(tables.ADDRESSES, address, None)
    for address in given:
        draft.put(tables.ADDRESSES, address, meant)
    draft.put(tables.VIRTUAL, host, given or None)


def _place_pod(draft: Draft, old: Pod | None, new: Pod | None) -> set[str]:
    """Index a pod; the hosts that its coming, change or going concerns."""
    had, has = (set(_label_keys(p.namespace, p.labels)) if p else set() for p in (old, new))
    for pod, names in ((old, had - has), (new, has - had)):
        for name in names:
            _member(draft, tables.PODS_BY_LABEL, name, pod.key if pod else "", pod is new)
    for pod, value in ((old, False), (new, True)):
        if pod is not None:
            account = f"{pod.namespace}/{pod.service_account}"
            _member(draft, tables.PODS_BY_ACCOUNT, account, pod.key, value)
            _place_names(draft, pod, value)
            _place_gateway(draft, pod, value and pod.role is ProxyRole.GATEWAY)
    selecting = {h for n in had | has for h in draft.lookup(tables.SERVICES_BY_LABEL, n) or ()}
    addresses = {address for pod in (old, new) if pod for address in pod.addresses}
    written = {h for address in addresses for h in draft.lookup(tables.WRITTEN, address) or ()}
    return selecting | written


def _place_gateway(draft: Draft, pod: Pod, present: bool) -> None:
    held = draft.lookup(tables.GATEWAY_PODS, EVERYWHERE) or Map()
    if present:
        held = held.set(pod.key, pod.labels)
    elif pod.key in held:
        held = held.delete(pod.key)
    draft.put(tables.GATEWAY_PODS, EVERYWHERE, held if len(held) else None)


def _place_names(draft: Draft, pod: Pod, present: bool) -> None:
    for address in pod.addresses:
        draft.put(tables.ADDRESSES, address, PodHolder(pod.key) if present else None)
    if pod.hostname and pod.subdomain:
        name = f"{pod.hostname}.{service_host(pod.subdomain, pod.namespace)}"
        draft.put(tables.HOSTNAMES, name, pod.key if present else None)
        _member(draft, tables.POD_NAMES, ALL, name, present)


def _join_members(draft: Draft, host: str) -> None:
    """Find a host's pods again, and its endpoints."""
    services = draft.lookup(tables.SERVICES, host) or ()
    service = services[0] if services else None
    old = draft.lookup(tables.MEMBERS, host) or frozenset()
    new = _selected(draft, service) if service else frozenset()
    _index_selector(draft, host, service)
    draft.put(tables.MEMBERS, host, new or None)
    placed = draft.lookup(tables.PLACED, host) or frozenset()
    declared = draft.lookup(tables.DECLARED_ENDPOINTS, host) or ()
    if service is not None:
        declared = tuple(d for d in declared if _may_add(service, d.object))
    named = _standing_at(draft, service, declared) if service else frozenset()
    draft.put(tables.PLACED, host, named or None)
    for key in (old | placed) ^ (new | named):
        served: tuple[str, ...] = draft.lookup(tables.POD_SERVICES, key) or ()
        hosts = set(served) ^ {host}
        draft.put(tables.POD_SERVICES, key, tuple(sorted(hosts)) or None)
    pods = [pod for key in sorted(new) if (pod := draft.lookup(tables.PODS, key))]
    draft.put(tables.ACCOUNTS, host, _accounts(pods, declared) or None)
    draft.put(tables.UNPROXIED, host, _some_unproxied(pods, declared) or None)
    draft.put(tables.ENDPOINTS, host, endpoints_of(service, pods, declared) or None)
    _learn(draft, host, () if declared else pods)


def _learn(draft: Draft, host: str, pods: Sequence[Pod]) -> None:
    """Bring the host's undeclared ports up to date with what its pods turned out to speak."""
    had = draft.lookup(tables.SERVICES, host) or ()
    has = merged_services(draft.lookup(tables.DECLARED_SERVICES, host) or ())
    has = (*(learned(service, pods) for service in has[:1]), *has[1:])
    if has != had:
        draft.put(tables.SERVICES, host, has)
        _count_services(draft, had, has)


def _index_addresses(
    draft: Draft, host: str, old: Iterable[DeclaredEndpoints], new: Iterable[DeclaredEndpoints]
) -> None:
    """Keep the index from an address that an author wrote down to the hosts it is written for."""
    had, has = ({e.address for each in side for e in each.endpoints} for side in (old, new))
    for address in had ^ has:
        _member(draft, tables.WRITTEN, address, host, address in has)


def _standing_at(
    draft: Draft, service: Service, declared: Iterable[DeclaredEndpoints]
) -> frozenset[str]:
    """The pods of the service's namespace whose own address is one of its endpoints."""
    addresses = (endpoint.address for each in declared for endpoint in each.endpoints)
    holders = (draft.lookup(tables.ADDRESSES, address) for address in addresses)
    keys = (holder.key for holder in holders if isinstance(holder, PodHolder))
    return frozenset(key for key in keys if key.startswith(f"{service.namespace}/"))


def _may_add(service: Service, other: ObjectRef) -> bool:
    """Whether an object's endpoints are the service's: nobody adds any to another namespace's, and
    a ServiceEntry to no other ServiceEntry than it is part of."""
    if other.kind == service.object.kind == MERGING:
        return other in service.objects
    return other.namespace == service.namespace


def _accounts(pods: list[Pod], declared: Iterable[DeclaredEndpoints]) -> tuple[str, ...]:
    """Those of unready pods too, so that readiness moves nothing."""
    of_pods = {f"{pod.namespace}/{pod.service_account}" for pod in pods}
    of_endpoints = (each.service_account for one in declared for each in one.endpoints)
    return tuple(sorted(of_pods.union(filter(None, of_endpoints))))


def _some_unproxied(pods: list[Pod], declared: Iterable[DeclaredEndpoints]) -> bool:
    """Whether calls reach some application without a proxy of its own."""
    mtls = (each.mtls for one in declared for each in one.endpoints)
    return any(pod.role is not ProxyRole.SIDECAR for pod in pods) or not all(mtls)


def _selected(draft: Draft, service: Service) -> frozenset[str]:
    if not service.selector:
        return frozenset()
    first = _label_keys(service.namespace, service.selector[:1])[0]
    near: Map[str, None] = draft.lookup(tables.PODS_BY_LABEL, first) or Map()
    pods = ((key, draft.lookup(tables.PODS, key)) for key in near)
    return frozenset(key for key, pod in pods if pod and selects(service.selector, pod.labels))


def _index_selector(draft: Draft, host: str, service: Service | None) -> None:
    """Keep the index from a selector's first pair to its host; it moves when the selector does."""
    name = ""
    if service and service.selector:
        name = _label_keys(service.namespace, service.selector[:1])[0]
    old = draft.lookup(tables.SELECTOR_OF, host) or ""
    if old != name:
        if old:
            _member(draft, tables.SERVICES_BY_LABEL, old, host, False)
        if name:
            _member(draft, tables.SERVICES_BY_LABEL, name, host, True)
        draft.put(tables.SELECTOR_OF, host, name or None)
