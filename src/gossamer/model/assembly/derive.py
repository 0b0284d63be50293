"""Keeping the derived tables true: who stands behind a host, which addresses mean what.

Each step looks only at what changed, by indices from labels to pods and to services.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from immutables import Map

from gossamer.model import tables
from gossamer.model.addressing.address_holder import PodHolder, ServiceHolder
from gossamer.model.addressing.addresses import virtual_addresses
from gossamer.model.addressing.ranges import is_given_by_mesh
from gossamer.model.assembly.claim_index import (
    index_destinations,
    index_mutual,
    index_routed,
    index_source_labels,
)
from gossamer.model.assembly.endpoints import endpoints_of
from gossamer.model.assembly.indices import member
from gossamer.model.assembly.learned import learned
from gossamer.model.assembly.merged_services import MERGING, merged_services
from gossamer.model.assembly.service_index import ALL, index_services
from gossamer.model.ids import (
    EVERYWHERE,
    Key,
    service_host,
)
from gossamer.model.mesh import Draft
from gossamer.model.origin import ObjectRef
from gossamer.model.traffic.service import DeclaredEndpoints, Service
from gossamer.model.workload.labels import Labels, selects
from gossamer.model.workload.pod import Pod, ProxyRole


def derive(draft: Draft, before: Mapping[Key, Any], age: Callable[[ObjectRef], int]) -> None:
    """Bring the derived tables up to date with the declared facts and pods in `before`."""
    hosts: set[str] = set()
    rivals: set[str] = set()
    for key, old in before.items():
        new = draft.get_key(key)
        if key.table == tables.DECLARED_SERVICES.name:
            had, has = _merge_services(draft, key.name, new or ())
            index_routed(draft, key.name)
            index_services(draft, had, has)
            rivals |= _claim_addresses(draft, key.name, had[:1], has[:1], age)
            hosts.add(key.name)
        elif key.table == tables.DECLARED_ENDPOINTS.name:
            _index_addresses(draft, key.name, old, new or ())
            hosts.add(key.name)
        elif key.table == tables.DESTINATIONS.name:
            index_destinations(draft, old, new or ())
            index_mutual(draft, key.name, new or ())
        elif key.table == tables.ROUTES.name:
            index_source_labels(draft, old, new or ())
            index_routed(draft, key.name)
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
            member(draft, tables.PODS_BY_LABEL, name, pod.key if pod else "", pod is new)
    for pod, value in ((old, False), (new, True)):
        if pod is not None:
            account = f"{pod.namespace}/{pod.service_account}"
            member(draft, tables.PODS_BY_ACCOUNT, account, pod.key, value)
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
        member(draft, tables.POD_NAMES, ALL, name, present)


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
        index_services(draft, had, has)


def _index_addresses(
    draft: Draft, host: str, old: Iterable[DeclaredEndpoints], new: Iterable[DeclaredEndpoints]
) -> None:
    """Keep the index from an address that an author wrote down to the hosts it is written for."""
    had, has = ({e.address for each in side for e in each.endpoints} for side in (old, new))
    for address in had ^ has:
        member(draft, tables.WRITTEN, address, host, address in has)


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
            member(draft, tables.SERVICES_BY_LABEL, old, host, False)
        if name:
            member(draft, tables.SERVICES_BY_LABEL, name, host, True)
        draft.put(tables.SELECTOR_OF, host, name or None)
