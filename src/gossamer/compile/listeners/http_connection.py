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
    made = _manager(read, side)
    made.rds.route_config_name = routes
    made.rds.config_source.CopyFrom(ads())
    return Filter(name=_NAME, typed_config=packed(made))


def inline_http(read: TrackedLookup, side: Side, routes: RouteConfiguration) -> Filter:
    """A manager that carries its routes with it."""
    made = _manager(read, side)
    made.route_config.CopyFrom(routes)
    return Filter(name=_NAME, typed_config=packed(made))


def inline_http_unread(read: TrackedLookup, side: Side, routes: RouteConfiguration) -> Filter:
    """The same for callers whose proxies read no HTTP on the way, or that have none.

    Nobody has taken away what the application itself wrote in a proxy's name.
    """
    made = _manager(read, side)
    made.early_header_mutation_extensions[0].CopyFrom(from_unproxied())
    made.forward_client_cert_details = _Manager.ForwardClientCertDetails.SANITIZE_SET
    made.route_config.CopyFrom(routes)
    return Filter(name=_NAME, typed_config=packed(made))


def _manager(read: TrackedLookup, side: Side) -> http_connection_manager_pb2.HttpConnectionManager:
    direction, settings = side.direction, settings_of(read)
    made = _Manager(stat_prefix=direction.value, codec_type=_Manager.CodecType.AUTO)
    made.http_filters.extend(http_filters(read, side))
    made.access_log.extend(http_logs(read, side))
    allow_upgrades(made, direction)
    take_http1(made, direction)
    made.proxy_100_continue = True
    # Streams may be silent for as long as they like; gRPC and WebSocket users expect that.
    set_duration(made.stream_idle_timeout, timedelta(0))
    if direction is Direction.INBOUND:
        set_duration(made.common_http_protocol_options.idle_timeout, FROM_PROXIES)
        mark_no_answer(made)
    made.early_header_mutation_extensions.append(_CLEANED[direction]())
    fill_paths(made, direction, settings)
    _fill_trust(made, direction)
    _fill_names(made, direction)
    if direction is Direction.GATEWAY:
        fill_edge(made, settings)
        made.forward_client_cert_details = _FORWARDED[settings.client_certificate]
    return made


def _fill_trust(
    made: http_connection_manager_pb2.HttpConnectionManager, direction: Direction
) -> None:
    """Whom to believe about where a request came from: a gateway believes its socket alone."""
    outer = direction is Direction.GATEWAY
    made.use_remote_address.value = outer
    made.forward_client_cert_details = _CLIENT_CERTIFICATE[direction]
    if direction is not Direction.OUTBOUND:
        current = made.set_current_client_cert_details
        current.subject.value = True
        current.uri = True
        current.dns = True
    if not outer:
        made.preserve_external_request_id = True


def _fill_names(
    made: http_connection_manager_pb2.HttpConnectionManager, direction: Direction
) -> None:
    """Leave the application's `server` header alone; only a gateway signs its own answers."""
    transformation = _Manager.ServerHeaderTransformation
    made.server_header_transformation = transformation.PASS_THROUGH
    if direction is Direction.GATEWAY:
        made.server_name = SERVER_NAME
        made.server_header_transformation = transformation.APPEND_IF_ABSENT
