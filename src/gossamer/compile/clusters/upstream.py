"""What stands behind a cluster's name: a service, the service it is an alias of, or one pod."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.contract.cluster_names import ClusterName, TcpName, parse_outbound, parse_tcp
from gossamer.model import tables
from gossamer.model.addressing.address_holder import PodHolder, ServiceHolder
from gossamer.model.assembly.endpoints import pod_endpoint, target_of
from gossamer.model.assembly.visible import behind, destination_for, service_for
from gossamer.model.policies import NO_POLICIES, Policies
from gossamer.model.traffic.destination import Destination
from gossamer.model.traffic.service import Endpoint, Protocol, Service
from gossamer.model.workload.labels import Labels, selects
from gossamer.model.workload.pod import Pod


@dataclass(frozen=True, slots=True)
class Upstream:
    """A host's port as clients of a scope reach it.

    `service` is the one that was named, whose destination rules calls; `source` the one whose
    endpoints are called, another where the first is an alias. `pod` is set where one pod was
    named, `outside` where an alias leaves the mesh.
    """

    name: ClusterName
    service: Service | None
    source: Service | None
    protocol: Protocol
    destination: Destination | None = None
    labels: Labels = ()
    pod: Pod | None = None
    outside: str = ""

    @property
    def policies(self) -> Policies:
        """How this port (of this subset) is called."""
        if self.destination is None:
            return NO_POLICIES
        return self.destination.policies_for(self.name.port, self.name.subset)


def upstream_called(read: TrackedLookup, cluster: str, scope: str) -> Upstream | None:
    """What a cluster's name means, written either way; None where nobody known is meant."""
    name = parse_outbound(cluster)
    if name is not None:
        return find_upstream(read, name, scope)
    dialled = parse_tcp(cluster)
    return find_dialled(read, dialled, scope) if dialled else None


def find_dialled(read: TrackedLookup, dialled: TcpName, scope: str) -> Upstream | None:
    """The service or pod at an address that was dialled; bytes, whatever its port speaks."""
    holder = read.lookup(tables.ADDRESSES, dialled.address)
    host = holder.host if isinstance(holder, ServiceHolder) else dialled.address
    upstream = find_upstream(read, ClusterName(dialled.port, host), scope)
    return None if upstream is None else replace(upstream, protocol=Protocol.TCP)


def find_upstream(read: TrackedLookup, name: ClusterName, scope: str) -> Upstream | None:
    """What a cluster's name means in a scope; None for an unknown host, port or subset."""
    if name.address:
        return _at_address(read, name, scope)
    service = service_for(read, name.host, scope)
    if service is not None:
        return _service(read, name, service, scope)
    return None if name.subset else _one_pod(read, name, scope)


def _at_address(read: TrackedLookup, name: ClusterName, scope: str) -> Upstream | None:
    """The service, called at one address: a pod's, a written endpoint's, or any."""
    whole = find_upstream(read, replace(name, address=""), scope)
    key = pod_named(read, name.address)
    pod = read.lookup(tables.PODS, key) if key else None
    return None if whole is None else replace(whole, name=name, pod=pod)


def _service(
    read: TrackedLookup, name: ClusterName, service: Service, scope: str
) -> Upstream | None:
    source, outside = behind(read, service, scope)
    port = service.port(name.port) or (source.port(name.port) if source and service.alias else None)
    if port is None and not (outside and not service.ports):
        return None
    for each in service.objects:
        read.decided(each)
    protocol = port.protocol if port else Protocol.TCP
    destination = destination_for(read, service, scope)
    read.decided(destination.object if destination else None)
    labels: Labels = ()
    if name.subset:
        subset = destination.subset(name.subset) if destination else None
        if subset is None:
            return None
        labels = subset.labels
    return Upstream(name, service, source, protocol, destination, labels, outside=outside)


def _one_pod(read: TrackedLookup, name: ClusterName, scope: str) -> Upstream | None:
    key, service = pod_named(read, name.host), None
    if key is None:
        return None
    pod = read.lookup(tables.PODS, key)
    if read.lookup(tables.HOSTNAMES, name.host):
        parent = name.host.partition(".")[2]
        service = service_for(read, parent, scope)
        if service is None and read.lookup(tables.SERVICES, parent) is not None:
            return None  # its service is not exported to this scope
    if pod is None:
        return None
    destination = destination_for(read, service, scope) if service else None
    protocol = _protocol(read, pod, name.port, service)
    return Upstream(name, service, service, protocol, destination, pod=pod)


def pod_named(read: TrackedLookup, host: str) -> str | None:
    """The pod (`NS/NAME`) whose address or own DNS name this is."""
    holder = read.lookup(tables.ADDRESSES, host)
    if isinstance(holder, PodHolder):
        return holder.key
    return read.lookup(tables.HOSTNAMES, host)


def _protocol(read: TrackedLookup, pod: Pod, number: int, service: Service | None) -> Protocol:
    """What a pod speaks on a port: as its services say, HTTP where none does."""
    if service is not None:
        port = service.port(number)
        return port.protocol if port else Protocol.HTTP
    for host in read.lookup(tables.POD_SERVICES, pod.key) or ():
        for each in read.lookup(tables.SERVICES, host) or ():
            for port in each.ports:
                if each.namespace == pod.namespace and target_of(port, pod) == number:
                    return port.protocol
    return Protocol.HTTP


def endpoints_behind(read: TrackedLookup, upstream: Upstream) -> Iterator[tuple[Endpoint, int]]:
    """Each endpoint and the port it is dialled at, in the order of addresses."""
    port = upstream.name.port
    if upstream.pod is not None:
        target = _pod_target(upstream.pod, upstream.service, port)
        if target is not None and upstream.pod.addresses:
            yield pod_endpoint(upstream.pod, ((port, target),)), target
        return
    for endpoint in _written(read, upstream):
        target = endpoint.port(port)
        if target is not None and selects(upstream.labels, endpoint.labels):
            yield endpoint, target


def _written(read: TrackedLookup, upstream: Upstream) -> Iterable[Endpoint]:
    """The endpoints of the source; where one address is called, the one that has it."""
    source, at = upstream.source, upstream.name.address
    endpoints = (read.lookup(tables.ENDPOINTS, source.host) if source else None) or ()
    if not at:
        return endpoints
    here = [endpoint for endpoint in endpoints if endpoint.address == at]
    return here or [Endpoint(at, ((upstream.name.port, upstream.name.port),))]


def _pod_target(pod: Pod, service: Service | None, port: int) -> int | None:
    named = service.port(port) if service else None
    return target_of(named, pod) if named else port
