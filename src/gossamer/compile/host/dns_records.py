"""What a mesh name resolves to, for the resolver beside the proxies."""

from __future__ import annotations

import json
from collections.abc import Iterable

from gossamer.compile.clusters.endpoints import addresses_of_pods
from gossamer.compile.engine.compiled import WildcardPart
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import ScopeView
from gossamer.model import tables
from gossamer.model.addressing.host_owner import at_home
from gossamer.model.ids import EVERYWHERE, service_host
from gossamer.model.mesh import Lookup
from gossamer.model.traffic.service import Service


def build_names(read: TrackedLookup, _: ScopeView, name: str) -> bytes | None:
    """JSON of one name: `{host, addresses}`, or `{host, cname}` for an alias.

    A headless service has the addresses of its ready pods, a pod of its own name its own.
    None for an unknown name, and for a wildcard, which no question ever holds.
    """
    services = read.lookup(tables.SERVICES, name) or ()
    pod = read.lookup(tables.HOSTNAMES, name)
    service = next((each for each in services if _speaks_of_it(each)), None)
    if service and "*" not in name:
        read.decided(service.object)
        if service.alias:
            return _json(host=name, cname=service.alias)
        own = addresses_of_pods(read, name) if service.headless else ()
        virtual = read.lookup(tables.VIRTUAL, name) or ()
        return _json(host=name, addresses=own or virtual)
    if pod:
        observed = read.lookup(tables.PODS, pod)
        return _json(host=name, addresses=observed.addresses) if observed else None
    return None


def _speaks_of_it(service: Service) -> bool:
    """Whether it is its declarer's to say where a name leads: a resolver serves all namespaces of
    its host alike, so what holds at home alone is not answered."""
    return at_home(service.host, service.namespace, (EVERYWHERE,)) == (EVERYWHERE,)


def every_name(mesh: Lookup, namespaces: Iterable[str]) -> WildcardPart:
    """All names that a resolver answers for: exported to everyone, or to these namespaces."""
    read = TrackedLookup(mesh)
    names: set[str] = set()
    for scope in (EVERYWHERE, *namespaces):
        for host in read.lookup(tables.HOSTS, scope) or ():
            names.add(host)
            names.update(_pod_names(read, host))
    return WildcardPart(tuple(sorted(name for name in names if "*" not in name)), read.reads)


def _pod_names(read: TrackedLookup, host: str) -> Iterable[str]:
    """The names of single pods below a headless service, such as `db-0.db.shop.svc…`."""
    services = read.lookup(tables.SERVICES, host)
    if not services or not services[0].headless:
        return
    for key in read.lookup(tables.MEMBERS, host) or ():
        pod = read.lookup(tables.PODS, key)
        if pod and pod.hostname and service_host(pod.subdomain, pod.namespace) == host:
            yield f"{pod.hostname}.{host}"


def _json(**fields: object) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
