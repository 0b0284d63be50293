"""What the receiving side makes of a connection: its mode, and whether it lets the caller in."""

from __future__ import annotations

from dataclasses import dataclass

from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.core.v3.base_pb2 import TransportSocket
from envoy.config.endpoint.v3.endpoint_components_pb2 import LbEndpoint
from envoy.extensions.transport_sockets.tls.v3.tls_pb2 import UpstreamTlsContext

from gossamer.compile.mtls import mtls_mode, policies_of
from gossamer.compile.reads import Reader
from gossamer.compile.transport import MESH_TCP_ALPN
from gossamer.explain.filter_chain import HTTP, PLAIN, REQUESTS, TLS, Connection, find_chain
from gossamer.explain.inspection import as_seen
from gossamer.explain.places import field_place
from gossamer.explain.proxy_config import ProxyConfig
from gossamer.model import tables
from gossamer.model.mesh import Mesh
from gossamer.model.origin import Origin
from gossamer.model.pod import Pod, ProxyRole

_MATCHED_BY = "envoy.transport_socket_match"


@dataclass(frozen=True, slots=True)
class Manner:
    """How a caller speaks to an endpoint: TLS or not, and with which names."""

    transport: str = PLAIN
    server_name: str = ""
    alpn: tuple[str, ...] = ()

    @property
    def of_mesh(self) -> bool:
        """Whether it is the mesh's own TLS."""
        return self.transport == TLS and any(name.startswith("istio") for name in self.alpn)


PLAINTEXT = Manner(alpn=REQUESTS)
BYTES = Manner()
OWN_TLS = Manner(TLS)
BY_MESH = Manner(TLS, "", MESH_TCP_ALPN)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What became of a connection at the workload: why it is refused, and what decided.

    `reads_http`: whether the proxy there reads requests, and takes nothing else.
    """

    refusal: str = ""
    chain: str = ""
    because: tuple[Origin, ...] = ()
    reads_http: bool = False


def manner_of(cluster: Cluster, endpoint: LbEndpoint | Cluster) -> Manner:
    """How a cluster's calls reach one of its endpoints."""
    tags = endpoint.metadata.filter_metadata
    said = tags[_MATCHED_BY].fields if _MATCHED_BY in tags else {}
    for each in cluster.transport_socket_matches:
        wanted = each.match.fields
        if all(name in said and said[name] == value for name, value in wanted.items()):
            return _manner(each.transport_socket)
    return _manner(cluster.transport_socket) if cluster.HasField("transport_socket") else PLAINTEXT


def _manner(socket: TransportSocket) -> Manner:
    tls = UpstreamTlsContext.FromString(socket.typed_config.value)
    return Manner(TLS, tls.sni, tuple(tls.common_tls_context.alpn_protocols))


def arrive(mesh: Mesh, pod: Pod, address: str, port: int, manner: Manner) -> Arrival:
    """What a pod's own proxy (if it has one) does with a connection of that manner."""
    if pod.role is not ProxyRole.SIDECAR or not pod.captures(port):
        return _without_proxy(pod, manner)
    listener = ProxyConfig(mesh, pod).listener("inbound")
    assert listener is not None, "every sidecar has an inbound listener"
    alpn = manner.alpn
    connection = Connection(address, port, manner.transport, manner.server_name, alpn)
    chain = find_chain(listener, as_seen(listener, connection))
    mode, place = mode_of(mesh, pod, port)
    because = (place,) if place else ()
    if chain is not None:
        return Arrival("", chain.name, because, any(each.name == HTTP for each in chain.filters))
    spoken = "mesh TLS" if manner.of_mesh else "TLS" if manner.transport == TLS else "plaintext"
    return Arrival(f"{pod.key} takes no {spoken} on port {port} ({mode})", "", because)


def refuses_bytes(mesh: Mesh, pod: Pod, address: str, port: int, manner: Manner) -> str:
    """Why a pod takes no bytes, or TLS of the caller's own, that come in that manner."""
    arrival = arrive(mesh, pod, address, port, manner)
    if arrival.refusal or not arrival.reads_http:
        return arrival.refusal
    return f"{pod.key} reads HTTP on port {port}, and closes what is not"


def _without_proxy(pod: Pod, manner: Manner) -> Arrival:
    if manner.of_mesh:
        return Arrival(f"{pod.key} ends no mesh TLS there: no sidecar takes it")
    return Arrival()


def mode_of(mesh: Mesh, pod: Pod, port: int) -> tuple[str, Origin | None]:
    """The mTLS mode of a pod's port, and where it is written (None: nowhere, the default)."""
    read = Reader(mesh)
    mode = mtls_mode(read, policies_of(read, pod.namespace, pod.labels), port)
    if not read.because:
        return mode.value, None
    return mode.value, field_place(mesh, read.because[0], f"spec.portLevelMtls.{port}", "spec.mtls")


def pod_at(mesh: Mesh, address: str) -> Pod | None:
    """The pod that has an address."""
    meaning = mesh.lookup(tables.ADDRESSES, address) or ""
    key = meaning.removeprefix("pod ")
    return mesh.lookup(tables.PODS, key) if meaning.startswith("pod ") else None
