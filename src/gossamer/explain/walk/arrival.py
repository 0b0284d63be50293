"""What the receiving side makes of a connection: its mode, and whether it lets the caller in."""

from __future__ import annotations

from dataclasses import dataclass

from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.core.v3.base_pb2 import TransportSocket
from envoy.config.endpoint.v3.endpoint_components_pb2 import LbEndpoint
from envoy.extensions.transport_sockets.tls.v3.tls_pb2 import UpstreamTlsContext

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.lookup.workload_policies import policies_of
from gossamer.compile.tls.mtls import ruling_mode
from gossamer.compile.tls.transport import MESH_TCP_ALPN
from gossamer.contract.envoy_metadata import TRANSPORT_MATCH
from gossamer.contract.listener_names import INBOUND
from gossamer.explain.places import field_place
from gossamer.explain.report.proxy_config import ProxyConfig
from gossamer.explain.walk.filter_chain import (
    HTTP,
    PLAIN,
    REQUESTS,
    TLS,
    IncomingConnection,
    find_chain,
)
from gossamer.explain.walk.inspection import as_seen
from gossamer.model import tables
from gossamer.model.addressing.address_holder import PodHolder
from gossamer.model.mesh import Mesh
from gossamer.model.origin import Origin
from gossamer.model.workload.pod import Pod, ProxyRole


@dataclass(frozen=True, slots=True)
class Transport:
    """How a caller speaks to an endpoint: TLS or not, and with which names."""

    transport: str = PLAIN
    server_name: str = ""
    alpn: tuple[str, ...] = ()

    @property
    def of_mesh(self) -> bool:
        """Whether it is the mesh's own TLS."""
        return self.transport == TLS and any(name.startswith("istio") for name in self.alpn)


PLAINTEXT = Transport(alpn=REQUESTS)
BYTES = Transport()
OWN_TLS = Transport(TLS)
BY_MESH = Transport(TLS, "", MESH_TCP_ALPN)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What became of a connection at the workload: why it is refused, and what decided.

    `reads_http`: whether the proxy there reads requests, and takes nothing else.
    """

    refusal: str = ""
    chain: str = ""
    because: tuple[Origin, ...] = ()
    reads_http: bool = False


def manner_of(cluster: Cluster, endpoint: LbEndpoint | Cluster) -> Transport:
    """How a cluster's calls reach one of its endpoints."""
    tags = endpoint.metadata.filter_metadata
    fields = tags[TRANSPORT_MATCH].fields if TRANSPORT_MATCH in tags else {}
    for each in cluster.transport_socket_matches:
        wanted = each.match.fields
        if all(name in fields and fields[name] == value for name, value in wanted.items()):
            return _manner(each.transport_socket)
    return _manner(cluster.transport_socket) if cluster.HasField("transport_socket") else PLAINTEXT


def _manner(socket: TransportSocket) -> Transport:
    tls = UpstreamTlsContext.FromString(socket.typed_config.value)
    return Transport(TLS, tls.sni, tuple(tls.common_tls_context.alpn_protocols))


def arrive(mesh: Mesh, pod: Pod, address: str, port: int, transport: Transport) -> Arrival:
    """What a pod's own proxy (if it has one) does with a connection of that manner."""
    if pod.role is not ProxyRole.SIDECAR or not pod.captures(port):
        return _without_proxy(pod, transport)
    listener = ProxyConfig(mesh, pod).listener(INBOUND)
    assert listener is not None, "every sidecar has an inbound listener"
    alpn = transport.alpn
    connection = IncomingConnection(address, port, transport.transport, transport.server_name, alpn)
    chain = find_chain(listener, as_seen(listener, connection))
    mode, place = mode_of(mesh, pod, port)
    because = (place,) if place else ()
    if chain is not None:
        return Arrival("", chain.name, because, any(each.name == HTTP for each in chain.filters))
    spoken = (
        "mesh TLS" if transport.of_mesh else "TLS" if transport.transport == TLS else "plaintext"
    )
    return Arrival(f"{pod.key} accepts no {spoken} on port {port} ({mode})", "", because)


def refuses_bytes(mesh: Mesh, pod: Pod, address: str, port: int, transport: Transport) -> str:
    """Why a pod takes no bytes, or TLS of the caller's own, that come in that manner."""
    arrival = arrive(mesh, pod, address, port, transport)
    if arrival.refusal or not arrival.reads_http:
        return arrival.refusal
    return f"{pod.key} reads HTTP on port {port}, and closes what is not"


def _without_proxy(pod: Pod, transport: Transport) -> Arrival:
    if transport.of_mesh:
        return Arrival(f"{pod.key} ends no mesh TLS there: no sidecar takes it")
    return Arrival()


def mode_of(mesh: Mesh, pod: Pod, port: int | None) -> tuple[str, Origin | None]:
    """The mTLS mode of a pod's port (None: of those that no policy names), and where it is
    written (None: nowhere, the default)."""
    ruling = ruling_mode(policies_of(TrackedLookup(mesh), pod.namespace, pod.labels), port)
    if ruling.policy is None:
        return ruling.mode.value, None
    field = f"spec.portLevelMtls.{port}" if ruling.of_port else "spec.mtls"
    return ruling.mode.value, field_place(mesh, ruling.policy, field)


def pod_at(mesh: Mesh, address: str) -> Pod | None:
    """The pod that has an address."""
    holder = mesh.lookup(tables.ADDRESSES, address)
    return mesh.lookup(tables.PODS, holder.key) if isinstance(holder, PodHolder) else None
