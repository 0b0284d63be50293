"""Counts of who comes without the mesh's TLS: evidence for, and after, a change to STRICT.

A caller without an identity has nothing but an address. So a workload's proxy counts by it, as
`gossamer.plaintext.accepted` what it let in and as `.refused` what no filter chain took. Tags:
`address` of the peer (never what a header says), `port` of the workload, `chain` that took it.

A connection is counted once its application has taken it, a request when it begins: a stream that
stays open for days is seen today. Envoy keeps no more than MOST of them a proxy: the internet may
come by many addresses.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from envoy.config.accesslog.v3.accesslog_pb2 import AccessLog
from envoy.data.accesslog.v3.accesslog_pb2 import AccessLogType
from xds.type.v3.typed_struct_pb2 import TypedStruct  # type: ignore[import-untyped]

from gossamer.compile.protos import log_without, packed
from gossamer.compile.side import Direction, Side
from gossamer.contract.edge_stats import ACCEPTED, PLAINTEXT_PREFIX, REFUSED
from gossamer.contract.type_urls import type_url

MOST = 1000

_NO_CHAIN = "NR"
_TAGS = (
    ("address", "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%"),
    ("port", "%DOWNSTREAM_LOCAL_PORT%"),
    ("chain", "%FILTER_CHAIN_NAME%"),
)
_CONFIG = type_url("envoy.extensions.access_loggers.stats.v3.Config")


def comes_in_plaintext(side: Side) -> bool:
    """Whether callers come there without the mesh's TLS."""
    return side.direction is Direction.INBOUND and not side.mesh_tls


def with_counted_requests(logs: Iterable[AccessLog]) -> Iterable[AccessLog]:
    """These logs of requests, and the count; a request is now logged when it begins, too."""
    return (*(log_without(log, [AccessLogType.DownstreamStart]) for log in logs), _requests())


def with_counted_connections(logs: Iterable[AccessLog]) -> Iterable[AccessLog]:
    """These logs of connections, and the count; one is now logged when it is taken, too."""
    ended = (log_without(log, [AccessLogType.TcpUpstreamConnected]) for log in logs)
    return (*ended, _connections())


@cache
def refused_connections() -> AccessLog:
    """The log of a listener that counts what none of its chains took."""
    log = _counting(REFUSED)
    log.filter.response_flag_filter.flags.append(_NO_CHAIN)
    return log


@cache
def _requests() -> AccessLog:
    log = _counting(ACCEPTED)
    log.filter.log_type_filter.types.append(AccessLogType.DownstreamStart)
    return log


@cache
def _connections() -> AccessLog:
    log = _counting(ACCEPTED)
    log.filter.log_type_filter.types.append(AccessLogType.TcpUpstreamConnected)
    return log


def _counting(what: str) -> AccessLog:
    """One counter. Its bound is newer than the published API, hence the untyped form."""
    tags = [{"name": name, "value_format": value} for name, value in _TAGS]
    config = TypedStruct(type_url=_CONFIG)
    config.value.update(
        {
            "stats_scope": {"prefix": PLAINTEXT_PREFIX, "max_counters": MOST},
            "counters": [{"value_fixed": 1, "stat": {"name": what, "tags": tags}}],
        }
    )
    return AccessLog(name="envoy.access_loggers.stats", typed_config=packed(config))
