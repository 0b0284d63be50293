"""What Envoy says of connections, as events: its access log entries. Pure.

Source: envoy.service.accesslog.v3, the log of `compile/listeners/connection_log.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from envoy.data.accesslog.v3.accesslog_pb2 import AccessLogCommon, AccessLogType
from envoy.service.accesslog.v3.als_pb2 import StreamAccessLogsMessage

from gossamer.agent.relay.connections.connection import CarriedConnection


@dataclass(frozen=True, slots=True)
class ConnectionEvent:
    """A connection is open, or has ended."""

    connection: CarriedConnection
    ended: bool


def events_in(message: bytes) -> Iterator[ConnectionEvent]:
    """Each connection of a message; raises DecodeError where it is none of Envoy's."""
    for entry in StreamAccessLogsMessage.FromString(message).tcp_logs.log_entry:
        common = entry.common_properties
        ended = common.access_log_type == AccessLogType.TcpConnectionEnd
        yield ConnectionEvent(_connection(common), ended)


def _connection(common: AccessLogCommon) -> CarriedConnection:
    caller = common.downstream_direct_remote_address.socket_address
    called = common.downstream_local_address.socket_address
    tls = common.tls_properties
    certificate = tls.peer_certificate_properties
    names = [each.uri or each.dns for each in certificate.subject_alt_name]
    return CarriedConnection(
        caller.address,
        caller.port_value,
        called.address,
        called.port_value,
        tuple(name for name in names if name),
        tls.tls_sni_hostname,
    )
