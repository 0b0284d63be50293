"""Access logs: a line for people, and counters per edge for telemetry.

The line goes to standard output in the shape that Istio's users know, unless a discovered filter
(`http_filters/access_log.py`) says that none is wanted. The counters are made
inside Envoy by its stats access logger; a caller's proxy counts as `client`, the called one's
as `server`. Their names in Envoy are `gossamer.REPORTER.PROTOCOL.WHAT`, in Prometheus text
`envoy_gossamer_REPORTER_PROTOCOL_WHAT`, where PROTOCOL is `http` or `tcp` and WHAT is

- `requests` (http) or `connections` (tcp): one for each that ended;
- `sent_bytes`, `received_bytes`: what the proxy sent to and received from the far end of the
  edge (for a client, its upstream; for a server, its downstream, so that a server's received
  is its client's sent): headers and bodies, without TLS and IP;
- `milliseconds`: a histogram of durations.

Tags, by the client: `host`, `service`, `service_namespace`, `service_port`, `subset` of the
cluster that was called; `workload`, `namespace`, `pod`, `names` (`model.Names`) of the endpoint
that answered; `peer`, its identity, which is there exactly if mTLS was spoken. By the server: the
service's tags, `peer` and `peer_name` (`POD.NAMESPACE`) of the caller. HTTP on both sides:
`code`, `grpc` (status number), `version`. All: `flags`, `-` where there is none. Any other tag
is empty where nothing is known. Neither side says who it is itself: the agent that reads the
counters knows whose proxy it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from envoy.config.accesslog.v3.accesslog_pb2 import AccessLog, AccessLogFilter
from envoy.extensions.access_loggers.stats.v3 import stats_pb2
from envoy.extensions.access_loggers.stream.v3.stream_pb2 import StdoutAccessLog

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.http_filters.access_log import requests_to_log
from gossamer.compile.network_filters.access_log import connections_to_log
from gossamer.compile.network_filters.rbac.decision_log import counted_decisions
from gossamer.compile.protos import packed
from gossamer.compile.side import Side, reporter_of
from gossamer.compile.tls.plaintext_counts import (
    comes_in_plaintext,
    with_counted_connections,
    with_counted_requests,
)
from gossamer.contract.edge_stats import stat_prefix
from gossamer.contract.envoy_metadata import (
    HOST,
    NAMES,
    NAMESPACE,
    POD,
    PORT,
    SERVICE,
    SUBSET,
    WORKLOAD,
    of_cluster,
    of_endpoint,
)
from gossamer.contract.extension_names import ReporterSide
from gossamer.envoy.access_log_line import FORMAT

Tags = tuple[tuple[str, str], ...]

_SERVICE: Tags = (
    ("host", of_cluster(HOST)),
    ("service", of_cluster(SERVICE)),
    ("service_namespace", of_cluster(NAMESPACE)),
    ("service_port", of_cluster(PORT)),
    ("subset", of_cluster(SUBSET)),
)
_ENDPOINT: Tags = (
    ("workload", of_endpoint(WORKLOAD)),
    ("namespace", of_endpoint(NAMESPACE)),
    ("pod", of_endpoint(POD)),
    ("names", of_endpoint(NAMES)),
    ("peer", "%UPSTREAM_PEER_URI_SAN%"),
)
_CALLER: Tags = (
    ("peer", "%DOWNSTREAM_PEER_URI_SAN%"),
    ("peer_name", "%DOWNSTREAM_PEER_DNS_SAN%"),
)
_OUTCOME: Tags = (("flags", "%RESPONSE_FLAGS%"),)
_HTTP: Tags = (
    ("code", "%RESPONSE_CODE%"),
    ("grpc", "%GRPC_STATUS_NUMBER%"),
    ("version", "%PROTOCOL%"),
)

_EDGE = {ReporterSide.CLIENT: (*_SERVICE, *_ENDPOINT), ReporterSide.SERVER: (*_SERVICE, *_CALLER)}
_FAR_END = {ReporterSide.CLIENT: "UPSTREAM", ReporterSide.SERVER: "DOWNSTREAM"}


Build = Callable[[TrackedLookup, Side], AccessLog | None]


def http_logs(read: TrackedLookup, side: Side) -> Iterator[AccessLog]:
    """The logs of an HTTP connection manager."""
    logs = _built(_HTTP_LOGS, read, side)
    yield from with_counted_requests(logs) if comes_in_plaintext(side) else logs


def tcp_logs(read: TrackedLookup, side: Side) -> Iterator[AccessLog]:
    """The logs of a TCP proxy. They are written when a connection ends (but `plaintext_counts`)."""
    logs = _built(_TCP_LOGS, read, side)
    yield from with_counted_connections(logs) if comes_in_plaintext(side) else logs


def _built(steps: tuple[Build, ...], read: TrackedLookup, side: Side) -> Iterator[AccessLog]:
    logs = (build(read, side) for build in steps)
    return (log for log in logs if log is not None)


@cache
def _http_counts(reporter: ReporterSide) -> AccessLog:
    return _counting(reporter, "http", "requests", (*_EDGE[reporter], *_HTTP, *_OUTCOME))


@cache
def _tcp_counts(reporter: ReporterSide) -> AccessLog:
    return _counting(reporter, "tcp", "connections", (*_EDGE[reporter], *_OUTCOME))


@cache
def _http_line() -> AccessLog:
    return _line(requests_to_log())


@cache
def _tcp_line() -> AccessLog:
    return _line(connections_to_log())


def _line(wanted: AccessLogFilter) -> AccessLog:
    config = StdoutAccessLog()
    config.log_format.text_format_source.inline_string = FORMAT
    log = AccessLog(name="envoy.access_loggers.stdout", typed_config=packed(config))
    log.filter.CopyFrom(wanted)
    return log


def _counting(reporter: ReporterSide, protocol: str, what: str, tags: Tags) -> AccessLog:
    config = stats_pb2.Config(stat_prefix=stat_prefix(reporter, protocol))
    end = _FAR_END[reporter]
    one = config.counters.add()
    one.value_fixed.value = 1
    _name(one.stat, what, tags)
    for direction in ("SENT", "RECEIVED"):
        counter = config.counters.add(value_format=f"%{end}_WIRE_BYTES_{direction}%")
        _name(counter.stat, f"{direction.lower()}_bytes", tags)
    took = config.histograms.add(value_format="%DURATION%")
    took.unit = stats_pb2.Config.Histogram.Unit.Milliseconds
    _name(took.stat, "milliseconds", tags)
    return AccessLog(name="envoy.access_loggers.stats", typed_config=packed(config))


def _name(stat: stats_pb2.Config.Stat, name: str, tags: Tags) -> None:
    stat.name = name
    for tag, value in tags:
        stat.tags.add(name=tag, value_format=value)


_HTTP_LOGS: tuple[Build, ...] = (
    lambda read, side: _http_line(),
    lambda read, side: _http_counts(reporter_of(side)),
    lambda read, side: counted_decisions() if side.workload else None,
)
_TCP_LOGS: tuple[Build, ...] = (
    lambda read, side: _tcp_line(),
    lambda read, side: _tcp_counts(reporter_of(side)),
)
"""The logs in their order; a log is built for a side as a filter is, and may depend on it."""
