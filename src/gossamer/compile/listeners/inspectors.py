"""Listener filters that look at a connection's first bytes, and the ports where they do.

Looking means waiting for bytes, which a caller does not send where the server speaks first. So
they look only where there is something to find out.
"""

from __future__ import annotations

from collections.abc import Iterable

from envoy.config.listener.v3.listener_components_pb2 import (
    ListenerFilter,
    ListenerFilterChainMatchPredicate,
)
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.extensions.filters.listener.http_inspector.v3.http_inspector_pb2 import HttpInspector
from envoy.extensions.filters.listener.original_dst.v3.original_dst_pb2 import OriginalDst
from envoy.extensions.filters.listener.tls_inspector.v3.tls_inspector_pb2 import TlsInspector
from google.protobuf.message import Message

from gossamer.compile.protos import packed

TLS_INSPECTOR = "envoy.filters.listener.tls_inspector"
HTTP_INSPECTOR = "envoy.filters.listener.http_inspector"
HTTP_FOUND = ("http/1.0", "http/1.1", "h2c")
"""What the HTTP inspector calls what it finds, where a chain matches application protocols."""


def add_original_dst(listener: Listener) -> None:
    """Restore the address that the caller dialled, which capture had redirected."""
    _add(listener, "envoy.filters.listener.original_dst", OriginalDst(), None)


def add_tls_inspector(
    listener: Listener, disabled: ListenerFilterChainMatchPredicate | None = None
) -> None:
    """Look whether TLS is spoken, and which names are asked for."""
    _add(listener, TLS_INSPECTOR, TlsInspector(), disabled)


def add_http_inspector(
    listener: Listener, disabled: ListenerFilterChainMatchPredicate | None = None
) -> None:
    """Look whether HTTP is spoken, and in which version."""
    _add(listener, HTTP_INSPECTOR, HttpInspector(), disabled)


def on_ports(ports: Iterable[int]) -> ListenerFilterChainMatchPredicate:
    """Connections to one of these ports."""
    each = [_on_port(port) for port in sorted(ports)]
    if not each:
        nothing = ListenerFilterChainMatchPredicate()
        nothing.not_match.any_match = True
        return nothing
    if len(each) == 1:
        return each[0]
    predicate = ListenerFilterChainMatchPredicate()
    predicate.or_match.rules.extend(each)
    return predicate


def on_others(ports: Iterable[int]) -> ListenerFilterChainMatchPredicate:
    """Connections to any other port than these."""
    predicate = ListenerFilterChainMatchPredicate()
    predicate.not_match.CopyFrom(on_ports(ports))
    return predicate


def _on_port(port: int) -> ListenerFilterChainMatchPredicate:
    predicate = ListenerFilterChainMatchPredicate()
    predicate.destination_port_range.start = port
    predicate.destination_port_range.end = port + 1
    return predicate


def _add(
    listener: Listener,
    name: str,
    config: Message,
    disabled: ListenerFilterChainMatchPredicate | None,
) -> None:
    one = ListenerFilter(name=name, typed_config=packed(config))
    if disabled is not None:
        one.filter_disabled.CopyFrom(disabled)
    listener.listener_filters.append(one)
