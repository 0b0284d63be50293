"""Bounds on connections and requests, and what is spoken on them."""

from __future__ import annotations

from datetime import timedelta

from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.core.v3 import protocol_pb2
from envoy.config.core.v3.address_pb2 import TcpKeepalive
from envoy.extensions.upstreams.http.v3.http_protocol_options_pb2 import HttpProtocolOptions

from gossamer.compile.http.http1 import bound_answers
from gossamer.compile.protos import packed, set_duration
from gossamer.model.policies.connection_pool import ConnectionPool, H2Upgrade, Keepalive
from gossamer.model.traffic.service import Protocol

CONNECT_TIMEOUT = timedelta(seconds=10)
UNBOUNDED = 2**32 - 1
_OPTIONS = HttpProtocolOptions.DESCRIPTOR.full_name


def apply_connection_pool(cluster: Cluster, pool: ConnectionPool | None) -> None:
    """Set connect timeout, keepalive and circuit breakers, generous where nothing is set."""
    pool = pool or ConnectionPool()
    set_duration(cluster.connect_timeout, pool.connect_timeout or CONNECT_TIMEOUT)
    limits = cluster.circuit_breakers.thresholds.add()
    limits.max_connections.value = _or_unbounded(pool.max_connections)
    limits.max_pending_requests.value = _or_unbounded(pool.http1_max_pending_requests)
    limits.max_requests.value = _or_unbounded(pool.http2_max_requests)
    limits.max_retries.value = _or_unbounded(pool.max_retries)
    if pool.keepalive is not None:
        _fill_keepalive(cluster.upstream_connection_options.tcp_keepalive, pool.keepalive)


def speaks_http2(protocol: Protocol, pool: ConnectionPool | None) -> bool:
    """Whether every request goes upstream as HTTP/2."""
    upgraded = pool is not None and pool.h2_upgrade is H2Upgrade.UPGRADE
    return protocol.is_http2 or (protocol in (Protocol.HTTP, Protocol.UNDECLARED) and upgraded)


def apply_protocol(cluster: Cluster, protocol: Protocol, pool: ConnectionPool | None) -> None:
    """Set the HTTP version: by the port's protocol, as an upgrade or the client's own if asked.

    Where the caller's own is carried is said elsewhere (`http_version.py`).
    """
    if not protocol.may_be_http:
        return
    options = HttpProtocolOptions()
    _fill_common(options.common_http_protocol_options, pool or ConnectionPool())
    streams = pool.max_concurrent_streams if pool else None
    if pool is not None and pool.use_client_protocol:
        _fill_http1(options.use_downstream_protocol_config.http_protocol_options)
        _fill_http2(options.use_downstream_protocol_config.http2_protocol_options, streams)
    elif speaks_http2(protocol, pool):
        _fill_http2(options.explicit_http_config.http2_protocol_options, streams)
    else:
        _fill_http1(options.explicit_http_config.http_protocol_options)
    cluster.typed_extension_protocol_options[_OPTIONS].CopyFrom(packed(options))


def _fill_common(common: protocol_pb2.HttpProtocolOptions, pool: ConnectionPool) -> None:
    bound_answers(common)
    if pool.idle_timeout is not None:
        set_duration(common.idle_timeout, pool.idle_timeout)
    if pool.max_connection_duration is not None:
        set_duration(common.max_connection_duration, pool.max_connection_duration)
    if pool.max_requests_per_connection is not None:
        common.max_requests_per_connection.value = pool.max_requests_per_connection


def _fill_http1(options: protocol_pb2.Http1ProtocolOptions) -> None:
    options.enable_trailers = True


def _fill_http2(options: protocol_pb2.Http2ProtocolOptions, streams: int | None) -> None:
    options.allow_connect = True  # upgrades such as WebSocket's, in HTTP/2
    if streams is not None:
        options.max_concurrent_streams.value = streams


def _fill_keepalive(proto: TcpKeepalive, keepalive: Keepalive) -> None:
    proto.SetInParent()
    if keepalive.probes is not None:
        proto.keepalive_probes.value = keepalive.probes
    if keepalive.time is not None:
        proto.keepalive_time.value = _whole_seconds(keepalive.time)
    if keepalive.interval is not None:
        proto.keepalive_interval.value = _whole_seconds(keepalive.interval)


def _whole_seconds(span: timedelta) -> int:
    return max(1, round(span.total_seconds()))


def _or_unbounded(context: int | None) -> int:
    return UNBOUNDED if context is None else context
