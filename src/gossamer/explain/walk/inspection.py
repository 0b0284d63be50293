"""What a listener learns of a connection's first bytes: only what some filter of it looks at.

Source: envoy.config.listener.v3.ListenerFilter, whose `filter_disabled` is a predicate over the
port that was dialled.
"""

from __future__ import annotations

from dataclasses import replace

from envoy.config.listener.v3.listener_components_pb2 import ListenerFilterChainMatchPredicate
from envoy.config.listener.v3.listener_pb2 import Listener

from gossamer.compile.listeners.inspectors import HTTP_INSPECTOR, TLS_INSPECTOR
from gossamer.explain.walk.filter_chain import PLAIN, IncomingConnection


def as_seen(listener: Listener, connection: IncomingConnection) -> IncomingConnection:
    """The connection as the listener's chains can tell it."""
    tls = connection.transport != PLAIN
    if _looks(listener, TLS_INSPECTOR if tls else HTTP_INSPECTOR, connection.port):
        return connection
    return replace(connection, transport=PLAIN, server_name="", alpn=())


def _looks(listener: Listener, name: str, port: int) -> bool:
    """Whether a filter of that name is there, and awake on that port."""
    return any(
        each.name == name
        and not (each.HasField("filter_disabled") and _holds(each.filter_disabled, port))
        for each in listener.listener_filters
    )


def _holds(predicate: ListenerFilterChainMatchPredicate, port: int) -> bool:
    match predicate.WhichOneof("rule"):
        case "or_match":
            return any(_holds(each, port) for each in predicate.or_match.rules)
        case "not_match":
            return not _holds(predicate.not_match, port)
        case "destination_port_range":
            range_ = predicate.destination_port_range
            return bool(range_.start <= port < range_.end)
    return bool(predicate.any_match)
