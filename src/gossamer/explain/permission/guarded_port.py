"""One port of one pod, ready to be asked whether calls are let in there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from envoy.config.listener.v3.listener_components_pb2 import FilterChain
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2,
)

from gossamer.compile.tls.transport import MESH_HTTP_ALPN, MESH_TCP_ALPN
from gossamer.contract.addresses import with_port
from gossamer.contract.cluster_names import TcpName, outbound_name
from gossamer.contract.listener_names import gateway_listener_name
from gossamer.explain.authorization.arriving import attributes_of, ruling_through, taken_by
from gossamer.explain.authorization.caller import Caller
from gossamer.explain.authorization.entering import Outsider, ruling_for_outsiders
from gossamer.explain.authorization.ruling import Ruling
from gossamer.explain.permission.parties import CalledPort
from gossamer.explain.report.proxy_config import ProxyConfig
from gossamer.explain.route.request import ExplainedRequest
from gossamer.explain.walk.arrival import BYTES, PLAINTEXT, Transport, arrive
from gossamer.explain.walk.filter_chain import HTTP, TLS
from gossamer.explain.walk.upstream import transport_to
from gossamer.model.mesh import Mesh
from gossamer.model.workload.pod import Pod, ProxyRole

MESH_REQUESTS = Transport(TLS, "", MESH_HTTP_ALPN[1:2])
MESH_BYTES = Transport(TLS, "", MESH_TCP_ALPN)


@dataclass(frozen=True, slots=True)
class GuardedPort:
    """A port as callers of one manner meet it: the chain that takes them, None where nothing
    judges them, or why their connection is refused at once."""

    called: CalledPort
    transport: Transport
    config: ProxyConfig
    chain: FilterChain | None
    refusal: Ruling | None = None

    @property
    def of_mesh(self) -> bool:
        """Whether callers show who they are."""
        return self.transport.of_mesh

    def ruling(
        self, caller: Caller, request: ExplainedRequest | None, unknown: Iterable[str] = ()
    ) -> Ruling:
        """What becomes of a call of somebody."""
        if self.refusal is not None:
            return self.refusal
        if self.chain is None:
            return Ruling()
        asked = request if self.called.protocol.may_be_http else None
        call = attributes_of(caller, self.called.port, asked, unknown)
        place = (self.called.address, self.called.port)
        return ruling_through(self.config, self.chain, place, self.transport, call)


@dataclass(frozen=True, slots=True)
class GatewayPort:
    """A port of a gateway, whose callers are outsiders to it."""

    called: CalledPort
    config: ProxyConfig
    chain: FilterChain | None

    of_mesh: ClassVar[bool] = False

    def ruling(
        self, caller: Caller, request: ExplainedRequest | None, unknown: Iterable[str] = ()
    ) -> Ruling:
        """What becomes of a call of somebody."""
        http = next((e for e in self.chain.filters if e.name == HTTP), None) if self.chain else None
        if self.chain is None or http is None or request is None:
            return Ruling()
        manager = http_connection_manager_pb2.HttpConnectionManager.FromString(
            http.typed_config.value
        )
        client = caller.address if isinstance(caller.address, str) else ""
        outsider = Outsider(request, client, self.called.port, frozenset(unknown))
        return ruling_for_outsiders(self.config, self.chain, manager, outsider)


AnyGuardedPort = GuardedPort | GatewayPort


def guarded(mesh: Mesh, called: CalledPort, transport: Transport) -> AnyGuardedPort:
    """A port as it is met by callers who speak in that manner."""
    config = ProxyConfig(mesh, called.pod)
    if called.pod.role is ProxyRole.GATEWAY:
        listener = config.listener(gateway_listener_name(called.port))
        chains = listener.filter_chains if listener is not None else ()
        return GatewayPort(called, config, next(iter(chains), None))
    arrival = arrive(mesh, called.pod, called.address, called.port, transport)
    if arrival.refusal:
        refusal = Ruling(False, arrival.refusal, "", arrival.because)
        return GuardedPort(called, transport, config, None, refusal)
    chain = taken_by(config, (called.address, called.port), transport)
    return GuardedPort(called, transport, config, chain)


def usual_transport(mesh: Mesh, called: CalledPort, meshed: bool) -> Transport:
    """How a caller speaks to a port if nobody says otherwise: mutual TLS where both ends can."""
    of_requests = called.protocol.may_be_http
    secured = MESH_REQUESTS if of_requests else MESH_BYTES
    takes_it = not arrive(mesh, called.pod, called.address, called.port, secured).refusal
    if meshed and takes_it and called.pod.captures(called.port):
        return secured
    return PLAINTEXT if of_requests else BYTES


def transport_of(mesh: Mesh, source: Pod | None, called: CalledPort, meshed: bool) -> Transport:
    """How a caller speaks to a port: as its proxy's cluster says, where it has one."""
    if source is None or not source.meshed:
        return usual_transport(mesh, called, meshed)
    config, address = ProxyConfig(mesh, source), with_port(called.address, called.port)
    for name in _clusters(called):
        cluster = config.cluster(name)
        if cluster is not None:
            return transport_to(config, name, address)
    return usual_transport(mesh, called, meshed)


def _clusters(called: CalledPort) -> Iterable[str]:
    """The names under which a caller's proxy may know the port."""
    if called.host:
        yield outbound_name(called.shown, called.host)
    yield str(TcpName(called.address, called.port))
