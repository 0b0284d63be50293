"""The TCP proxy: bytes to a cluster that is named, or to whatever the caller dialled."""

from __future__ import annotations

from datetime import timedelta

from envoy.config.listener.v3.listener_components_pb2 import Filter
from envoy.extensions.filters.common.set_filter_state.v3 import value_pb2
from envoy.extensions.filters.network.set_filter_state.v3.set_filter_state_pb2 import Config
from envoy.extensions.filters.network.tcp_proxy.v3.tcp_proxy_pb2 import TcpProxy

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.listeners.access_logs import tcp_logs
from gossamer.compile.network_filters.access_log import connection_log_switch
from gossamer.compile.network_filters.authorization import connection_guards
from gossamer.compile.network_filters.chain import network_filter
from gossamer.compile.network_filters.connection_log import follow_connections
from gossamer.compile.protos import ads, packed, set_duration
from gossamer.compile.side import Direction, Side, reporter_of
from gossamer.contract.cluster_names import BLACKHOLE, TCP_DIALLED
from gossamer.contract.extension_names import ReporterSide
from gossamer.model.policies.workload.access_log import AccessLogging

DISCOVERY_TIMEOUT = timedelta(seconds=5)
ATTEMPTS = 3
"""A connection that nobody took is tried at other endpoints: no byte has been sent yet."""

Filters = tuple[Filter, ...]

_CLUSTER_KEY = "envoy.tcp_proxy.cluster"


def to_cluster(
    read: TrackedLookup, side: Side, cluster: str, idle: timedelta | None = None
) -> Filters:
    """Carry bytes to a cluster that the proxy holds."""
    return _filters(read, side, _proxy(read, side, cluster, idle))


def to_fetched(
    read: TrackedLookup, side: Side, cluster: str, idle: timedelta | None = None
) -> Filters:
    """Carry bytes to a cluster that is fetched when it is first needed."""
    proxy = _proxy(read, side, cluster, idle)
    proxy.on_demand.odcds_config.CopyFrom(ads())
    set_duration(proxy.on_demand.timeout, DISCOVERY_TIMEOUT)
    return _filters(read, side, proxy)


def to_dialled(read: TrackedLookup, side: Side, idle: timedelta | None = None) -> Filters:
    """Carry bytes to the cluster named after the address that the caller dialled."""
    chosen = Config()
    value = chosen.on_new_connection.add(object_key=_CLUSTER_KEY)
    value.format_string.text_format_source.inline_string = TCP_DIALLED
    value.shared_with_upstream = value_pb2.FilterStateValue.SharedWithUpstream.NONE
    choose = Filter(name="envoy.filters.network.set_filter_state", typed_config=packed(chosen))
    # The named cluster is what remains if the choice above says nothing.
    return choose, *to_fetched(read, side, BLACKHOLE, idle)


def _proxy(read: TrackedLookup, side: Side, cluster: str, idle: timedelta | None) -> TcpProxy:
    reporter = reporter_of(side)
    proxy = TcpProxy(stat_prefix=f"{reporter}-tcp", cluster=cluster)
    proxy.access_log.extend(tcp_logs(read, side))
    if side.direction is Direction.INBOUND:
        follow_connections(proxy, side)
    if reporter is ReporterSide.CLIENT:
        proxy.max_connect_attempts.value = ATTEMPTS
    if idle is not None:
        set_duration(proxy.idle_timeout, idle)
    return proxy


def _filters(read: TrackedLookup, side: Side, proxy: TcpProxy) -> Filters:
    """The proxy, behind what tells its log whether a line is wanted, and who may pass."""
    switch = network_filter(read, AccessLogging.WORD, connection_log_switch(side))
    guards = connection_guards(read, side)
    return (
        switch,
        *guards,
        Filter(name="envoy.filters.network.tcp_proxy", typed_config=packed(proxy)),
    )
