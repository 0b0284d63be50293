"""What a gateway's listeners stand against: clients that are slow, many, or greedy.

Envoy's advice for proxies at the edge, with one difference: streams may be silent for an hour,
since gRPC watches, WebSockets and long polls pass here too. Limits for the process as a whole
(connections, memory) are in the bootstrap.

https://www.envoyproxy.io/docs/envoy/latest/configuration/best_practices/edge
"""

from __future__ import annotations

from datetime import timedelta

from envoy.config.core.v3.protocol_pb2 import HttpProtocolOptions
from envoy.config.listener.v3.listener_components_pb2 import ListenerFilter
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.extensions.filters.listener.proxy_protocol.v3.proxy_protocol_pb2 import ProxyProtocol
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2,
)

from gossamer.compile.protos import packed, set_duration
from gossamer.model.settings import Settings
from gossamer.model.traffic.doors import door_path

REQUEST_HEAD = timedelta(seconds=15)
"""For a request's head, from its first byte to its last."""

HANDSHAKE = timedelta(seconds=15)
"""For TLS."""

IDLE_CONNECTION = timedelta(minutes=15)
"""Without any request. Load balancers in front keep theirs for ten minutes or less."""

SILENT_STREAM = timedelta(hours=1)
"""Without a byte either way, on a request that has begun."""

STREAMS = 100
STREAM_WINDOW, CONNECTION_WINDOW = 64 << 10, 1 << 20
BUFFER = 32 << 10
REQUEST_BUFFER = 1 << 20
"""What may be kept of a request to send it again, or elsewhere as well."""

_PING, _ANSWER = timedelta(minutes=1), timedelta(seconds=20)


def fill_edge(
    manager: http_connection_manager_pb2.HttpConnectionManager, settings: Settings
) -> None:
    """Limits for whoever comes, and whom to believe about the client's address."""
    common, http2 = manager.common_http_protocol_options, manager.http2_protocol_options
    set_duration(manager.request_headers_timeout, REQUEST_HEAD)
    set_duration(manager.stream_idle_timeout, SILENT_STREAM)
    set_duration(common.idle_timeout, IDLE_CONNECTION)
    refuse = HttpProtocolOptions.HeadersWithUnderscoresAction.REJECT_REQUEST
    common.headers_with_underscores_action = refuse
    http2.max_concurrent_streams.value = STREAMS
    http2.initial_stream_window_size.value = STREAM_WINDOW
    http2.initial_connection_window_size.value = CONNECTION_WINDOW
    set_duration(http2.connection_keepalive.interval, _PING)
    set_duration(http2.connection_keepalive.timeout, _ANSWER)
    # The peer's address stands last in the header already (proxy_headers).
    manager.skip_xff_append = True
    if settings.trusted_proxies:
        manager.xff_num_trusted_hops = settings.trusted_proxies + 1


def guard(listener: Listener) -> None:
    """Bound what one connection may hold, and how long its TLS handshake may take."""
    listener.per_connection_buffer_limit_bytes.value = BUFFER
    for chain in listener.filter_chains:
        if chain.HasField("transport_socket"):
            set_duration(chain.transport_socket_connect_timeout, HANDSHAKE)


def add_door(listener: Listener, folder: str, port: int) -> None:
    """Let a lab's edge in by a Unix socket, and it alone say in a PROXY header who its client is.

    On connections by TCP, which every pod can make, the header is no header: the filter is off.
    """
    pipe = listener.additional_addresses.add().address.pipe
    pipe.path, pipe.mode = door_path(folder, port), 0o600
    proxied = ListenerFilter(name="envoy.filters.listener.proxy_protocol")
    proxied.typed_config.CopyFrom(packed(ProxyProtocol()))
    # Envoy takes a socket without a port for one of every port; TCP has no port 0.
    nowhere = proxied.filter_disabled.not_match.destination_port_range
    nowhere.start, nowhere.end = 0, 1
    listener.listener_filters.insert(0, proxied)
