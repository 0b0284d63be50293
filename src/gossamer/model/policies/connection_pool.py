"""Bounds on connections and requests toward a host."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import ClassVar


class H2Upgrade(StrEnum):
    """Whether HTTP/1.1 calls go upstream as HTTP/2."""

    DEFAULT = "DEFAULT"
    DO_NOT_UPGRADE = "DO_NOT_UPGRADE"
    UPGRADE = "UPGRADE"


@dataclass(frozen=True, slots=True)
class Keepalive:
    """TCP keepalive probes: how many, after what idle time, how far apart."""

    probes: int | None = None
    time: timedelta | None = None
    interval: timedelta | None = None


@dataclass(frozen=True, slots=True)
class ConnectionPool:
    """What is None is left to Envoy's (generous) default of this mesh."""

    WORD: ClassVar[str] = "connection_pool"

    max_connections: int | None = None
    connect_timeout: timedelta | None = None
    keepalive: Keepalive | None = None
    max_connection_duration: timedelta | None = None
    tcp_idle_timeout: timedelta | None = None
    http1_max_pending_requests: int | None = None
    http2_max_requests: int | None = None
    max_requests_per_connection: int | None = None
    max_retries: int | None = None
    idle_timeout: timedelta | None = None
    max_concurrent_streams: int | None = None
    h2_upgrade: H2Upgrade = H2Upgrade.DEFAULT
    use_client_protocol: bool = False
