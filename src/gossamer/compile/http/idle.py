"""How long a kept connection may rest and still be used again.

Servers close connections that rest, each after a time of its own: Gunicorn after 2 seconds, Node
and Apache after 5, some after 1. A request that is sent at that very moment is lost, and nobody may
repeat a POST: whether it was done is not known. So a proxy that calls an application lets go first.
Between proxies this cannot happen: the calling one gives up after an hour, the other later.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from gossamer.compile.clusters.upstream import Upstream
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.model import tables
from gossamer.model.policies.connection_pool import ConnectionPool
from gossamer.model.traffic.service import Resolution
from gossamer.model.workload.pod import ProxyRole

TO_APPLICATION = timedelta(milliseconds=200)
"""A new connection to the same host or rack costs a fraction of a millisecond."""

TO_OUTSIDE = timedelta(seconds=4)
"""Far away a new connection, often with TLS, costs more; few servers there close in less than 5."""

FROM_PROXIES = timedelta(minutes=65)
"""Five minutes more than Envoy keeps a connection that it made."""


def resting(pool: ConnectionPool | None, idle: timedelta | None) -> ConnectionPool | None:
    """The pool with that idle timeout, unless it says one itself."""
    if idle is None or (pool is not None and pool.idle_timeout is not None):
        return pool
    return replace(pool or ConnectionPool(), idle_timeout=idle)


def idle_toward(read: TrackedLookup, upstream: Upstream) -> timedelta | None:
    """For whoever is behind a host: None where their proxies answer."""
    if upstream.pod is not None:
        return None if upstream.pod.role is ProxyRole.SIDECAR else TO_APPLICATION
    source = upstream.source
    if upstream.outside or source is None or source.resolution is not Resolution.ENDPOINTS:
        return TO_OUTSIDE
    if not read.lookup(tables.UNPROXIED, source.host):
        return None
    return TO_OUTSIDE if source.external else TO_APPLICATION
