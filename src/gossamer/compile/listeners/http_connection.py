"""The HTTP connection manager: what all directions share, and what sets each apart."""

from __future__ import annotations

from datetime import timedelta

from envoy.config.listener.v3.listener_components_pb2 import Filter
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2,
)

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.http.http1 import take_http1
from gossamer.compile.http.idle import FROM_PROXIES
from gossamer.compile.http.no_answer import mark_no_answer
from gossamer.compile.http_filters.chain import http_filters
from gossamer.compile.listeners.access_logs import http_logs
from gossamer.compile.listeners.edge import fill_edge
from gossamer.compile.listeners.paths import fill_paths
from gossamer.compile.listeners.proxy_headers import (
    from_applications,
    from_outsiders,
    from_proxies,
    from_unproxied,
)
from gossamer.compile.listeners.upgrades import allow_upgrades
from gossamer.compile.protos import ads, packed, set_duration
from gossamer.compile.side import Direction, Side
from gossamer.compile.tls.plaintext_counts import comes_in_plaintext
from gossamer.model.assembly.visible import settings_of
from gossamer.model.settings import ClientCertificate

SERVER_NAME = "gossamer"
_NAME = "envoy.filters.network.http_connection_manager"
_Manager = http_connection_manager_pb2.HttpConnectionManager

_CLIENT_CERTIFICATE = {
    # A workload's own word about certificates is not believed: only proxies write that header.
    Direction.OUTBOUND: _Manager.ForwardClientCertDetails.SANITIZE,
    Direction.INBOUND: _Manager.ForwardClientCertDetails.APPEND_FORWARD,
    Direction.GATEWAY: _Manager.ForwardClientCertDetails.SANITIZE_SET,
}
_FORWARDED = {form: _Manager.ForwardClientCertDetails.Value(form) for form in ClientCertificate}
_CLEANED = {
    Direction.OUTBOUND: from_applications,
    Direction.INBOUND: from_proxies,
    Direction.GATEWAY: from_outsiders,
}


def fetched_http(read: TrackedLookup, side: Side, routes: str) -> Filter:
    """A manager whose route configuration, of that name, comes by the stream."""
    manager = _manager(read, side)
    manager.rds.route_config_name = routes
    manager.rds.config_source.CopyFrom(ads())
    return Filter(name=_NAME, typed_config=packed(manager))


def inline_http(read: TrackedLookup, side: Side, routes: RouteConfiguration) -> Filter:
    """A manager that carries its routes with it."""
    manager = _manager(read, side)
    manager.route_config.CopyFrom(routes)
    return Filter(name=_NAME, typed_config=packed(manager))


def inline_http_unread(read: TrackedLookup, side: Side, routes: RouteConfiguration) -> Filter:
    """The same for callers whose proxies read no HTTP on the way, or that have none.

    Nobody has taken away what the application itself wrote in a proxy's name.
    """
    manager = _manager(read, side)
    manager.early_header_mutation_extensions[0].CopyFrom(from_unproxied())
    manager.forward_client_cert_details = _Manager.ForwardClientCertDetails.SANITIZE_SET
    manager.route_config.CopyFrom(routes)
    return Filter(name=_NAME, typed_config=packed(manager))


def _manager(read: TrackedLookup, side: Side) -> http_connection_manager_pb2.HttpConnectionManager:
    direction, settings = side.direction, settings_of(read)
    manager = _Manager(stat_prefix=direction.value, codec_type=_Manager.CodecType.AUTO)
    manager.http_filters.extend(http_filters(read, side))
    manager.access_log.extend(http_logs(read, side))
    if comes_in_plaintext(side):
        manager.access_log_options.flush_access_log_on_new_request = True
    allow_upgrades(manager, direction)
    take_http1(manager, direction)
    manager.proxy_100_continue = True
    # Streams may be silent for as long as they like; gRPC and WebSocket users expect that.
    set_duration(manager.stream_idle_timeout, timedelta(0))
    if direction is Direction.INBOUND:
        set_duration(manager.common_http_protocol_options.idle_timeout, FROM_PROXIES)
        mark_no_answer(manager)
    manager.early_header_mutation_extensions.append(_CLEANED[direction]())
    fill_paths(manager, direction, settings)
    _fill_trust(manager, direction)
    _fill_names(manager, direction)
    if direction is Direction.GATEWAY:
        fill_edge(manager, settings)
        manager.forward_client_cert_details = _FORWARDED[settings.client_certificate]
    return manager


def _fill_trust(
    manager: http_connection_manager_pb2.HttpConnectionManager, direction: Direction
) -> None:
    """Whom to believe about where a request came from: a gateway believes its socket alone."""
    outer = direction is Direction.GATEWAY
    manager.use_remote_address.value = outer
    manager.forward_client_cert_details = _CLIENT_CERTIFICATE[direction]
    if direction is not Direction.OUTBOUND:
        current = manager.set_current_client_cert_details
        current.subject.value = True
        current.uri = True
        current.dns = True
    if not outer:
        manager.preserve_external_request_id = True


def _fill_names(
    manager: http_connection_manager_pb2.HttpConnectionManager, direction: Direction
) -> None:
    """Leave the application's `server` header alone; only a gateway signs its own answers."""
    transformation = _Manager.ServerHeaderTransformation
    manager.server_header_transformation = transformation.PASS_THROUGH
    if direction is Direction.GATEWAY:
        manager.server_name = SERVER_NAME
        manager.server_header_transformation = transformation.APPEND_IF_ABSENT
