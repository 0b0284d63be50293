"""What is asked of an agent over its control socket, and what it answers."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType


class PodShape(Struct, frozen=True):
    """One pod that should have a proxy; `names`, on disk, is what its labels call it."""

    namespace: str
    name: str
    workload: str | None = None
    service_account: str | None = None
    ip: list[str] | None = None
    annotations: dict[str, str] | None = None
    gateway: bool | None = False
    locality: str | None = None
    names: str | UnsetType = UNSET
    labels: dict[str, str] | UnsetType | None = UNSET


class SetPods(Struct, frozen=True, tag_field="op", tag="set"):
    """Make these, and no others, the pods with a proxy."""

    pods: list[PodShape]


class PodsSet(Struct, frozen=True):
    """How many pods should have a proxy now."""

    pods: int


class StatusRequest(Struct, frozen=True, tag_field="op", tag="status"):
    """How all proxies stand."""


class MetricsRequest(Struct, frozen=True, tag_field="op", tag="metrics"):
    """The agent's own numbers."""


class Metrics(Struct, frozen=True):
    """They, as Prometheus text."""

    prometheus: str


class DesiredPods(Struct, frozen=True):
    """The desired set as it is kept on disk."""

    schema: int
    pods: list[PodShape]


class DrainRequest(Struct, frozen=True, tag_field="op", tag="drain"):
    """Let one proxy finish what it has, within so many seconds."""

    pod: str
    seconds: float = 5.0


class RefusedResource(Struct, frozen=True):
    """A resource version that a proxy refused; it keeps what it had."""

    type: str
    name: str
    version: str
    message: str


class StreamStatus(Struct, frozen=True):
    """A proxy's stream: `served` is absent while the relay does not know the proxy yet."""

    connected: bool = False
    served: bool | UnsetType = UNSET
    synced: bool = False
    pending: int = 0
    rejected: list[RefusedResource] = []


class HostProxyStatus(Struct, frozen=True):
    """One proxy as its agent sees it: a row of `gossamer status`."""

    pod: str
    workload: str
    pid: int | None
    connected: bool
    served: bool | UnsetType
    synced: bool
    pending: int
    rejected: list[RefusedResource]
    certificate_expires: str | None
    envoy: str
    ready: bool


class HostStatus(Struct, frozen=True):
    """All proxies of a host."""

    proxies: list[HostProxyStatus]


class Drained(Struct, frozen=True):
    """Whether everything of a proxy ended in time."""

    pod: str
    drained: bool
