"""The filter chains of one of a workload's ports.

For each port that a service leads to: mutual TLS from the mesh, and plaintext as far as the mode
allows. On a port that is declared HTTP every road leads through HTTP, whatever the caller took it
for; TLS of its own is closed there. Where nobody said what a port speaks, HTTP is read if it is
found: by the caller's proxy, whose mesh TLS says so, or here in plaintext. All else goes through as
bytes, under the same modes, and the application's own TLS with it. There is no default chain: what
matches nothing is closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from envoy.config.listener.v3.listener_components_pb2 import Filter, FilterChain
from envoy.config.route.v3.route_pb2 import RouteConfiguration

from gossamer.compile.cluster_name import INBOUND_PASSTHROUGH, inbound_name
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.http_filters.connect import connect_route
from gossamer.compile.http_filters.direction import Direction
from gossamer.compile.listeners.access_logs import Reporter
from gossamer.compile.listeners.filter_chains import PLAIN, TLS, chain, match_port
from gossamer.compile.listeners.http_connection import inline_http, inline_http_unread
from gossamer.compile.listeners.inspectors import HTTP_FOUND
from gossamer.compile.listeners.tcp_connection import to_cluster
from gossamer.compile.lookup.inbound_ports import ServedPort
from gossamer.compile.lookup.peer_identity import only_one_workload
from gossamer.compile.protos import set_duration
from gossamer.compile.transport import MESH_HTTP_ALPN, MESH_TCP_ALPN, from_mesh
from gossamer.model.policies.mtls import MtlsMode
from gossamer.model.settings import Settings
from gossamer.model.traffic.service import Protocol

_ALL_MESH_ALPN = (*MESH_TCP_ALPN, *MESH_HTTP_ALPN)


@dataclass(frozen=True, slots=True)
class Port:
    """A port of the workload (None for all others), who may speak on it, and what for."""

    number: int | None
    mode: MtlsMode
    settings: Settings
    served: ServedPort | None = None

    @property
    def name(self) -> str:
        """How its chains are named."""
        return "other" if self.number is None else str(self.number)

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
        return _byte_chains(port, INBOUND_PASSTHROUGH)
    read.decided(port.served.service.object)
    if port.reads_http:
        return _http_chains(port, _routes(port.served))
    if port.served.port.protocol is Protocol.UNDECLARED:
        return _found_chains(port, inbound_name(port.served.number), _routes(port.served))
    return _byte_chains(port, inbound_name(port.served.number))


def _http_chains(port: Port, routes: RouteConfiguration) -> Iterator[FilterChain]:
    """HTTP with and without mesh TLS, also from callers whose proxies see no HTTP here."""
    if port.mode is not MtlsMode.DISABLE:
        clean = inline_http(Direction.INBOUND, routes, port.settings)
        yield _secured(port, "mtls", MESH_HTTP_ALPN, clean)
        unread = inline_http_unread(Direction.INBOUND, routes, port.settings)
        yield _secured(port, "mtls-tcp", MESH_TCP_ALPN, unread)
    if port.mode is not MtlsMode.STRICT:
        unread = inline_http_unread(Direction.INBOUND, routes, port.settings)
        yield _open(port, "plain", PLAIN, unread)


def _found_chains(port: Port, cluster: str, routes: RouteConfiguration) -> Iterator[FilterChain]:
    """Requests where they are found, and bytes."""
    carry = _bytes(cluster)
    if port.mode is not MtlsMode.DISABLE:
        clean = inline_http(Direction.INBOUND, routes, port.settings)
        yield _secured(port, "mtls", MESH_HTTP_ALPN, clean)
        yield _secured(port, "mtls-tcp", MESH_TCP_ALPN, carry)
    if port.mode is not MtlsMode.STRICT:
        unread = inline_http_unread(Direction.INBOUND, routes, port.settings)
        found = _open(port, "plain-http", PLAIN, unread)
        found.filter_chain_match.application_protocols.extend(HTTP_FOUND)
        yield found
        yield _open(port, "plain", PLAIN, carry)
    if port.mode is MtlsMode.PERMISSIVE:
        yield _open(port, "own-tls", TLS, carry)


def _byte_chains(port: Port, cluster: str) -> Iterator[FilterChain]:
    carry = _bytes(cluster)
    if port.mode is not MtlsMode.DISABLE:
        yield _secured(port, "mtls", _ALL_MESH_ALPN, carry)
    if port.mode is not MtlsMode.STRICT:
        yield _open(port, "plain", PLAIN, carry)
    if port.mode is MtlsMode.PERMISSIVE:  # else nobody looks for it, and plaintext takes it
        yield _open(port, "own-tls", TLS, carry)


def _bytes(cluster: str) -> Filter:
    return to_cluster(cluster, Reporter.SERVER)


def _secured(port: Port, kind: str, alpn: tuple[str, ...], carry: Filter) -> FilterChain:
    match = match_port(port.number)
    match.transport_protocol = TLS
    match.application_protocols.extend(alpn)
    domain = port.settings.trust_domain
    filters = (only_one_workload(domain), carry)
    return chain(f"{port.name}|{kind}", match, filters, from_mesh(domain))


def _open(port: Port, kind: str, transport: str, carry: Filter) -> FilterChain:
    match = match_port(port.number)
    match.transport_protocol = transport
    return chain(f"{port.name}|{kind}", match, (carry,))


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
