"""From a cluster's name to the addresses behind it, and to the policies it carries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.core.v3.base_pb2 import Locality
from envoy.config.endpoint.v3.endpoint_components_pb2 import LbEndpoint

from gossamer.compile.clusters.upstream import Upstream, upstream_called
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.contract.addresses import is_address, split_port, with_port
from gossamer.contract.cluster_names import parse_outbound, parse_tcp
from gossamer.explain.places import field_place, object_place, subset_place
from gossamer.explain.report.proxy_config import ProxyConfig
from gossamer.explain.report.shapes import BackendShape
from gossamer.explain.report.steps import Steps
from gossamer.explain.walk.arrival import Transport, arrive, manner_of, mode_of, pod_at
from gossamer.explain.walk.discovered import tell_arrival_log
from gossamer.model.policies.client_tls import ClientTls
from gossamer.model.policies.connection_pool import ConnectionPool
from gossamer.model.policies.load_balancer import LoadBalancer
from gossamer.model.policies.outlier_detection import OutlierDetection

_FIELDS: Mapping[type, str] = {
    ClientTls: "tls",
    ConnectionPool: "connectionPool",
    LoadBalancer: "loadBalancer",
    OutlierDetection: "outlierDetection",
}


@dataclass(frozen=True, slots=True)
class Dialled:
    """The address and port that the caller dialled, where it is known."""

    address: str | None
    port: int

    def __str__(self) -> str:
        return with_port(self.address or "(outside)", self.port)


def backends_of(
    config: ProxyConfig, name: str, percent: float, dialled: Dialled
) -> tuple[BackendShape, ...] | None:
    """The addresses behind a cluster, sharing that percentage; None where there is no cluster."""
    cluster = config.cluster(name)
    if cluster is None:
        return None
    if cluster.type == Cluster.DiscoveryType.ORIGINAL_DST:
        return (_backend(config, cluster, name, str(dialled), percent, None),)
    placed = _placed(config, cluster, name)
    total = sum(each.load_balancing_weight.value or 1 for _, each in placed)
    return tuple(_endpoints(config, cluster, name, percent, placed, total))


def transport_to(config: ProxyConfig, name: str, address: str) -> Transport:
    """How calls through a cluster reach an address of it."""
    cluster = config.cluster(name)
    assert cluster is not None, "the cluster has this address"
    for _, each in _placed(config, cluster, name):
        if _address(each) == address:
            return manner_of(cluster, each)
    return manner_of(cluster, cluster)


def _placed(config: ProxyConfig, cluster: Cluster, name: str) -> list[tuple[Locality, LbEndpoint]]:
    assignment = config.endpoints(name) if cluster.type == Cluster.DiscoveryType.EDS else None
    groups = (assignment or cluster.load_assignment).endpoints
    return [(group.locality, each) for group in groups for each in group.lb_endpoints]


def _address(endpoint: LbEndpoint) -> str:
    where = endpoint.endpoint.address.socket_address
    return with_port(where.address, where.port_value)


def _endpoints(
    config: ProxyConfig,
    cluster: Cluster,
    name: str,
    percent: float,
    placed: list[tuple[Locality, LbEndpoint]],
    total: int,
) -> Iterator[BackendShape]:
    for locality, each in placed:
        weight = percent * (each.load_balancing_weight.value or 1) / total
        yield _backend(config, cluster, name, _address(each), weight, each, _locality(locality))


def _locality(locality: Locality) -> str:
    return "/".join(p for p in (locality.region, locality.zone, locality.sub_zone) if p)


def _backend(
    config: ProxyConfig,
    cluster: Cluster,
    name: str,
    address: str,
    weight: float,
    endpoint: LbEndpoint | None,
    locality: str = "",
) -> BackendShape:
    tags = cluster.metadata.filter_metadata["gossamer"].fields
    host = tags["host"].string_value if "host" in tags else ""
    named = parse_outbound(name)
    ip, port = split_port(address)
    pod = pod_at(config.mesh, ip) if is_address(ip) else None
    transport = (
        manner_of(cluster, endpoint) if endpoint is not None else manner_of(cluster, cluster)
    )
    refusal = arrive(config.mesh, pod, ip, port, transport).refusal if pod else ""
    return BackendShape(
        service=host,
        subset=named.subset if named else "",
        workload=f"{pod.namespace}/{pod.workload}" if pod else "",
        address=address,
        weight=round(weight, 4),
        locality=locality,
        pod=pod.key if pod else "",
        mtls=transport.of_mesh,
        refusal=refusal,
    )


def upstream_of(config: ProxyConfig, name: str) -> Upstream | None:
    """What a cluster's name means to this proxy's workload."""
    if parse_outbound(name) is None and parse_tcp(name) is None:
        return None
    return upstream_called(TrackedLookup(config.mesh), name, config.scope)


def tell_upstream(
    config: ProxyConfig, name: str, backends: tuple[BackendShape, ...], steps: Steps
) -> None:
    """The hop to a cluster's endpoints: service, subset, policies, and how they are called."""
    upstream = upstream_of(config, name)
    mesh = config.mesh
    places = []
    if upstream is not None and upstream.service is not None:
        places += [object_place(mesh, ref) for ref in upstream.service.objects]
    if upstream is not None and upstream.destination is not None:
        if upstream.name.subset:
            places.insert(0, subset_place(mesh, upstream.destination, upstream.name.subset))
        _tell_policies(config, upstream, steps)
    addresses = ", ".join(f"{b.address} ({b.pod or b.workload or 'no pod'})" for b in backends[:8])
    more = f" and {len(backends) - 8} more" if len(backends) > 8 else ""
    says = f"cluster {name}: {addresses or 'it has no endpoints'}{more}"
    steps.hop("endpoints", says, *places)
    for backend in backends:
        _tell_arrival(config, backend, steps)


def _tell_policies(config: ProxyConfig, upstream: Upstream, steps: Steps) -> None:
    destination = upstream.destination
    assert destination is not None
    for value in upstream.policies:
        policy = value.WORD
        field = _FIELDS.get(type(value), policy)
        fields = [f"spec.trafficPolicy.{field}", "spec.trafficPolicy"]
        if upstream.name.subset:
            subset = subset_place(config.mesh, destination, upstream.name.subset)
            fields.insert(0, f"{subset.field}.trafficPolicy.{field}")
        place = field_place(config.mesh, destination.object, *fields)
        steps.applied(policy, f"{policy} of {destination.object}", place)


def _tell_arrival(config: ProxyConfig, backend: BackendShape, steps: Steps) -> None:
    address, port = split_port(backend.address)
    pod = pod_at(config.mesh, address)
    if pod is None:
        return
    mode, place = mode_of(config.mesh, pod, port)
    spoken = "mesh TLS" if backend.mtls else "plaintext"
    if backend.refusal:
        steps.hop("arrival", f"{backend.pod} refuses the connection: {backend.refusal}", place)
    elif pod.meshed:
        tell_arrival_log(ProxyConfig(config.mesh, pod), steps)
        steps.hop("arrival", f"{backend.pod} takes {spoken} on port {port} ({mode})", place)
