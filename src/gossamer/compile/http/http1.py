"""How much of HTTP/1 a proxy lets pass: as much as the two ends would understand without it.

Envoy's own bounds are those of an edge: 60 KiB and 100 lines of headers, the methods that it
knows, no trailers. A sidecar stands between two programs that may have agreed on more. Which
methods there are is the application's affair at a gateway too.
"""

from __future__ import annotations

from envoy.config.core.v3.protocol_pb2 import HttpProtocolOptions
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2,
)

from gossamer.compile.side import Direction

MOST_HEADERS = 1000
LARGEST_HEAD_KIB = 1024
"""As Go bounds them; no server in wide use takes more."""

NO_HOST = "no-host.invalid"
"""The host of an HTTP/1.0 request that names none; nobody can have that name (RFC 6761)."""


def take_http1(
    manager: http_connection_manager_pb2.HttpConnectionManager, direction: Direction
) -> None:
    """Set what an HTTP connection manager takes; a gateway keeps Envoy's bounds on heads."""
    options = manager.http_protocol_options
    options.accept_http_10 = True
    options.default_host_for_http_10 = NO_HOST
    options.enable_trailers = True
    options.allow_custom_methods = True
    if direction is not Direction.GATEWAY:
        manager.max_request_headers_kb.value = LARGEST_HEAD_KIB
        manager.common_http_protocol_options.max_headers_count.value = MOST_HEADERS


def bound_answers(common: HttpProtocolOptions) -> None:
    """Set how large the head of an answer may be."""
    common.max_headers_count.value = MOST_HEADERS
    common.max_response_headers_kb.value = LARGEST_HEAD_KIB
