"""A sidecar's inbound listener: everything that calls its workload.

For each port that a service leads to: mutual TLS from the mesh, plaintext as far as the mode
allows, and TLS of the application's own untouched. Other ports go through as bytes, under the
same modes. It never has a default chain: what matches nothing is closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from envoy.config.listener.v3.listener_components_pb2 import Filter, FilterChain
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.config.route.v3.route_pb2 import RouteConfiguration

from gossamer.compile.cluster_name import INBOUND_PASSTHROUGH, inbound_name
from gossamer.compile.http_filters.direction import Direction
from gossamer.compile.inbound_ports import Served, served_ports
from gossamer.compile.listeners.access_logs import Reporter
from gossamer.compile.listeners.filter_chains import (
    PLAIN,
    TLS,
    add_original_dst,
    add_tls_inspector,
    chain,
    listener,
    match_port,
    own_port_closed,
)
from gossamer.compile.listeners.http_connection import inline_http
from gossamer.compile.listeners.tcp_connection import to_cluster
from gossamer.compile.mtls import mtls_mode, policies_of, spoken_ports
from gossamer.compile.protos import set_duration
from gossamer.compile.reads import Reader
from gossamer.compile.transport import MESH_HTTP_ALPN, MESH_TCP_ALPN, from_mesh
from gossamer.compile.views import Inbound
from gossamer.model.policies.mtls import MtlsMode

NAME = "inbound"
PORT = 15006
FIRST_BYTES = timedelta(seconds=5)
"""How long a caller may keep silent; then it is taken for a plaintext one that waits for the
server to speak first (MySQL, SMTP)."""

_ALL_MESH_ALPN = (*MESH_TCP_ALPN, *MESH_HTTP_ALPN)


def inbound_listener(read: Reader, view: Inbound) -> Listener:
    """The listener that captured arrivals come to."""
    made = listener(NAME, PORT, "INBOUND")
    add_original_dst(made)
    add_tls_inspector(made)
    set_duration(made.listener_filters_timeout, FIRST_BYTES)
    made.continue_on_listener_filters_timeout = True
    made.filter_chains.append(own_port_closed(PORT, Reporter.SERVER))
    policies = policies_of(read, view.namespace, view.labels)
    served = served_ports(read, view)
    for port in sorted({*served, *spoken_ports(policies)} - {PORT}):
        mode = mtls_mode(read, policies, port)
        made.filter_chains.extend(_port_chains(read, served.get(port), port, mode))
    rest = mtls_mode(read, policies, None)
    made.filter_chains.extend(_byte_chains("other", None, INBOUND_PASSTHROUGH, rest))
    return made


def _port_chains(
    read: Reader, served: Served | None, port: int, mode: MtlsMode
) -> Iterator[FilterChain]:
    if served is None:
        return _byte_chains(str(port), port, INBOUND_PASSTHROUGH, mode)
    read.decided(served.service.object)
    if served.port.protocol.is_http:
        return _http_chains(served, mode)
    return _byte_chains(str(port), port, inbound_name(port), mode)


def _http_chains(served: Served, mode: MtlsMode) -> Iterator[FilterChain]:
    """HTTP with and without mesh TLS; bytes for callers that see no HTTP here."""
    name, port = str(served.number), served.number
    http = inline_http(Direction.INBOUND, _routes(served))
    carry = _bytes(inbound_name(port))
    if mode is not MtlsMode.DISABLE:
        yield _secured(f"{name}|mtls", port, MESH_HTTP_ALPN, http)
        yield _secured(f"{name}|mtls-tcp", port, MESH_TCP_ALPN, carry)
    if mode is not MtlsMode.STRICT:
        yield _open(f"{name}|plain", port, PLAIN, http)
        yield _open(f"{name}|own-tls", port, TLS, carry)


def _byte_chains(
    name: str, port: int | None, cluster: str, mode: MtlsMode
) -> Iterator[FilterChain]:
    carry = _bytes(cluster)
    if mode is not MtlsMode.DISABLE:
        yield _secured(f"{name}|mtls", port, _ALL_MESH_ALPN, carry)
    if mode is not MtlsMode.STRICT:
        yield _open(f"{name}|plain", port, PLAIN, carry)
        yield _open(f"{name}|own-tls", port, TLS, carry)


def _bytes(cluster: str) -> Filter:
    return to_cluster(cluster, Reporter.SERVER)


def _secured(name: str, port: int | None, alpn: tuple[str, ...], carry: Filter) -> FilterChain:
    match = match_port(port)
    match.transport_protocol = TLS
    match.application_protocols.extend(alpn)
    return chain(name, match, (carry,), from_mesh())


def _open(name: str, port: int | None, transport: str, carry: Filter) -> FilterChain:
    match = match_port(port)
    match.transport_protocol = transport
    return chain(name, match, (carry,))


def _routes(served: Served) -> RouteConfiguration:
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
    return config
