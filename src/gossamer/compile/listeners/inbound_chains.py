"""The filter chains of one of a workload's ports.

For each port that a service leads to: mutual TLS from the mesh, and plaintext as far as the mode
allows. On a port that is declared HTTP every road leads through HTTP, whatever the caller took it
for; TLS of its own is closed there. Where a port's protocol is not declared, HTTP is read if it is
found: by the caller's proxy, whose mesh TLS says so, or here in plaintext. All else goes through as
bytes, under the same modes, and the application's own TLS with it. There is no default chain: what
matches nothing is closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from envoy.config.listener.v3.listener_components_pb2 import FilterChain
from envoy.config.route.v3.route_pb2 import RouteConfiguration

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import InboundView
from gossamer.compile.http_filters.connect import connect_route
from gossamer.compile.listeners.filter_chains import PLAIN, TLS, chain, match_port
from gossamer.compile.listeners.http_connection import inline_http, inline_http_unread
from gossamer.compile.listeners.inspectors import HTTP_FOUND
from gossamer.compile.listeners.tcp_connection import Filters, to_cluster
from gossamer.compile.lookup.federation import admitted_domains
from gossamer.compile.lookup.inbound_ports import ServedPort
from gossamer.compile.network_filters.chain import network_filters
from gossamer.compile.protos import set_duration
from gossamer.compile.side import Direction, Side
from gossamer.compile.tls.transport import MESH_HTTP_ALPN, MESH_TCP_ALPN, from_mesh
from gossamer.contract.cluster_names import INBOUND_PASSTHROUGH, inbound_name
from gossamer.model.assembly.visible import settings_of
from gossamer.model.policies.workload.mtls import MtlsMode
from gossamer.model.traffic.service import Protocol

_ALL_MESH_ALPN = (*MESH_TCP_ALPN, *MESH_HTTP_ALPN)
_ALPN = {"mtls": MESH_HTTP_ALPN, "mtls-tcp": MESH_TCP_ALPN}


@dataclass(frozen=True, slots=True)
class Port:
    """A port of the workload (None for all others), who may speak on it, and what for."""

    number: int | None
    mode: MtlsMode
    view: InboundView
    served: ServedPort | None = None

    @property
    def name(self) -> str:
        """How its chains are named."""
        return "other" if self.number is None else str(self.number)

    def side(self, *, mesh_tls: bool = False) -> Side:
        """Where one of its chains stands."""
        return Side(Direction.INBOUND, self.view, self.number, mesh_tls)

    @property
    def reads_http(self) -> bool:
        """Whether requests are read on it, and nothing else taken."""
        return self.served is not None and self.served.port.protocol.is_http

    @property
    def looks_for_http(self) -> bool:
        """Whether plaintext on it is looked at for requests."""
        undeclared = self.served and self.served.port.protocol is Protocol.UNDECLARED
        return bool(undeclared) and self.mode is not MtlsMode.STRICT

    @property
    def may_wait(self) -> bool:
        """Whether a caller may wait in plaintext for the server while its bytes are awaited."""
        both = self.mode is MtlsMode.PERMISSIVE and not self.reads_http
        return both or self.looks_for_http


def chains_of(read: TrackedLookup, port: Port) -> Iterator[FilterChain]:
    """The chains of a port."""
    if port.served is None:
        return _byte_chains(read, port, INBOUND_PASSTHROUGH)
    read.decided(port.served.service.object)
    if port.reads_http:
        return _http_chains(read, port, port.served)
    if port.served.port.protocol is Protocol.UNDECLARED:
        return _found_chains(read, port, port.served)
    return _byte_chains(read, port, inbound_name(port.served.number))


def _http_chains(read: TrackedLookup, port: Port, served: ServedPort) -> Iterator[FilterChain]:
    """HTTP with and without mesh TLS, also from callers whose proxies see no HTTP here."""
    routes = _routes(served)
    if port.mode is not MtlsMode.DISABLE:
        side = port.side(mesh_tls=True)
        yield _secured(read, port, "mtls", (inline_http(read, side, routes),))
        yield _secured(read, port, "mtls-tcp", (inline_http_unread(read, side, routes),))
    if port.mode is not MtlsMode.STRICT:
        yield _open(port, "plain", (inline_http_unread(read, port.side(), routes),))


def _found_chains(read: TrackedLookup, port: Port, served: ServedPort) -> Iterator[FilterChain]:
    """Requests where they are found, and bytes."""
    routes, cluster = _routes(served), inbound_name(served.number)
    if port.mode is not MtlsMode.DISABLE:
        side = port.side(mesh_tls=True)
        yield _secured(read, port, "mtls", (inline_http(read, side, routes),))
        yield _secured(read, port, "mtls-tcp", to_cluster(read, side, cluster))
    carry = to_cluster(read, port.side(), cluster)
    if port.mode is not MtlsMode.STRICT:
        plaintext = _open(port, "plain-http", (inline_http_unread(read, port.side(), routes),))
        plaintext.filter_chain_match.application_protocols.extend(HTTP_FOUND)
        yield plaintext
        yield _open(port, "plain", carry)
    if port.mode is MtlsMode.PERMISSIVE:
        yield _open(port, "own-tls", carry)


def _byte_chains(read: TrackedLookup, port: Port, cluster: str) -> Iterator[FilterChain]:
    if port.mode is not MtlsMode.DISABLE:
        carry = to_cluster(read, port.side(mesh_tls=True), cluster)
        yield _secured(read, port, "mtls", carry, _ALL_MESH_ALPN)
    carry = to_cluster(read, port.side(), cluster)
    if port.mode is not MtlsMode.STRICT:
        yield _open(port, "plain", carry)
    if port.mode is MtlsMode.PERMISSIVE:  # else nobody looks for it, and plaintext takes it
        yield _open(port, "own-tls", carry)


def _secured(
    read: TrackedLookup, port: Port, kind: str, carry: Filters, alpn: tuple[str, ...] = ()
) -> FilterChain:
    match = match_port(port.number)
    match.transport_protocol = TLS
    match.application_protocols.extend(alpn or _ALPN[kind])
    filters = (*network_filters(read, port.side(mesh_tls=True)), *carry)
    settings = settings_of(read)
    socket = from_mesh(settings.mesh_tls, admitted_domains(read))
    return chain(f"{port.name}|{kind}", match, filters, socket)


def _open(port: Port, kind: str, carry: Filters) -> FilterChain:
    match = match_port(port.number)
    match.transport_protocol = TLS if kind == "own-tls" else PLAIN
    return chain(f"{port.name}|{kind}", match, carry)


def _routes(served: ServedPort) -> RouteConfiguration:
    """All requests to the workload; one that the workload never saw is tried again."""
    config = RouteConfiguration(name=inbound_name(served.number))
    host = config.virtual_hosts.add(name=inbound_name(served.number), domains=["*"])
    route = host.routes.add(name="default")
    route.match.prefix = "/"
    route.decorator.operation = f"{served.service.host}:{served.port.number}/*"
    route.route.cluster = inbound_name(served.number)
    set_duration(route.route.timeout, timedelta(0))
    route.route.retry_policy.retry_on = "reset-before-request"
    route.route.retry_policy.num_retries.value = 2
    host.routes.append(connect_route(route))
    return config
