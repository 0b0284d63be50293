"""`connectionPool`: bounds on connections and requests."""

from __future__ import annotations

from datetime import timedelta

from gossamer.dialects.istio.says_nothing import check_says_something
from gossamer.dialects.istio.values.duration import read_duration
from gossamer.dialects.refusal import left_out
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.policies.connection_pool import ConnectionPool, H2Upgrade, Keepalive

_UPGRADES = {upgrade.value: upgrade for upgrade in H2Upgrade}
_LARGEST = 2**31 - 1


def read_connection_pool(policy: Fields) -> ConnectionPool | None:
    """The bounds; Istio's 0 means that nothing is set."""
    stanza = policy.child("connectionPool")
    check_says_something(stanza)
    tcp, http = stanza.child("tcp"), stanza.child("http")
    pool = ConnectionPool(
        max_connections=_count(tcp, "maxConnections"),
        connect_timeout=_time(tcp, "connectTimeout"),
        keepalive=_keepalive(tcp.child("tcpKeepalive")),
        max_connection_duration=_time(tcp, "maxConnectionDuration"),
        tcp_idle_timeout=_time(tcp, "idleTimeout"),
        http1_max_pending_requests=_count(http, "http1MaxPendingRequests"),
        http2_max_requests=_count(http, "http2MaxRequests"),
        max_requests_per_connection=_count(http, "maxRequestsPerConnection"),
        max_retries=_count(http, "maxRetries"),
        idle_timeout=_time(http, "idleTimeout"),
        max_concurrent_streams=_count(http, "maxConcurrentStreams"),
        h2_upgrade=http.one_of("h2UpgradePolicy", _UPGRADES, H2Upgrade.DEFAULT),
        use_client_protocol=http.boolean("useClientProtocol", False),
    )
    if pool.use_client_protocol and pool.h2_upgrade is H2Upgrade.UPGRADE:
        _tell_both(http)
    http.unsupported("http2KeepAlive", effect="no HTTP/2 pings are sent")
    if left_out(stanza, "connections and requests are not limited by it"):
        return None
    return None if pool == ConnectionPool() else pool


def _tell_both(http: Fields) -> None:
    http.report(
        f"{dotted(http.path)} has h2UpgradePolicy: UPGRADE and useClientProtocol, which exclude "
        "each other",
        "it is ambiguous whether calls use HTTP/2 or the caller's version",
        "Keep one of the two",
        field="useClientProtocol",
    )


def _keepalive(stanza: Fields) -> Keepalive | None:
    if not stanza:
        return None
    return Keepalive(_count(stanza, "probes"), _time(stanza, "time"), _time(stanza, "interval"))


def _count(stanza: Fields, name: str) -> int | None:
    return stanza.integer(name, low=0, high=_LARGEST) or None


def _time(stanza: Fields, name: str) -> timedelta | None:
    return read_duration(stanza, name) or None
