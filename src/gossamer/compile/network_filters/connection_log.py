"""What a proxy tells its host's agent of connections of bytes: when each begins and ends.

A filter that is discovered meets new connections alone. So the agent knows those that are open, and
closes the ones that a change refuses (decision 38). Over mutual TLS the application is connected
after the handshake, so that the beginning says who calls; nobody gets to it without one.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from envoy.config.accesslog.v3.accesslog_pb2 import AccessLog
from envoy.config.core.v3.config_source_pb2 import ApiVersion
from envoy.data.accesslog.v3.accesslog_pb2 import AccessLogType
from envoy.extensions.access_loggers.grpc.v3.als_pb2 import TcpGrpcAccessLogConfig
from envoy.extensions.filters.network.tcp_proxy.v3.tcp_proxy_pb2 import (
    ON_DOWNSTREAM_TLS_HANDSHAKE,
    TcpProxy,
)

from gossamer.compile.protos import log_without, packed, set_duration
from gossamer.compile.side import Side

AGENT, CONNECTIONS = "agent", "connections"
"""The cluster of the agent's socket in every proxy, and the name of the log."""

SOON = timedelta(milliseconds=100)
"""How long Envoy may gather what it tells."""

AGAIN = timedelta(minutes=1)
"""How often it tells of a connection that goes on: an agent may have begun after it."""

EARLY_DATA = 16 << 10
"""What a caller may send before its handshake is over: nothing, but Envoy wants a number."""

_TOLD = (
    AccessLogType.TcpUpstreamConnected,
    AccessLogType.TcpPeriodic,
    AccessLogType.TcpConnectionEnd,
)


def follow_connections(proxy: TcpProxy, side: Side) -> None:
    """Tell the agent of each connection; other logs are written when they were before."""
    logs = [log_without(log, _ONLY_FOR_AGENT[side.mesh_tls]) for log in proxy.access_log]
    del proxy.access_log[:]
    proxy.access_log.extend([*logs, _told_to_agent()])
    options = proxy.access_log_options
    options.flush_access_log_on_connected = True
    set_duration(options.access_log_flush_interval, AGAIN)
    if side.mesh_tls:
        proxy.upstream_connect_mode = ON_DOWNSTREAM_TLS_HANDSHAKE
        proxy.max_early_data_bytes.value = EARLY_DATA


_AGAIN, _BEGIN = AccessLogType.TcpPeriodic, AccessLogType.TcpUpstreamConnected
_ONLY_FOR_AGENT = {True: (_AGAIN, _BEGIN), False: (_AGAIN,)}
"""By whether mutual TLS is ended there; who comes in plaintext is counted at the beginning."""


@cache
def _told_to_agent() -> AccessLog:
    config = TcpGrpcAccessLogConfig()
    common = config.common_config
    common.log_name = CONNECTIONS
    common.grpc_service.envoy_grpc.cluster_name = AGENT
    common.transport_api_version = ApiVersion.V3
    set_duration(common.buffer_flush_interval, SOON)
    log = AccessLog(name="envoy.access_loggers.tcp_grpc", typed_config=packed(config))
    log.filter.log_type_filter.types.extend(_TOLD)
    return log
