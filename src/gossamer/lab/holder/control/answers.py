"""What a lab's holder answers; several commands print it with `-o json` as it is."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from gossamer.lab.plan.pod_changes import WorkloadChange
from gossamer.lab.plan.workload_counts import WorkloadCounts
from gossamer.plane.api.shapes import FindingShape, ObjectName, PodSeen


class RunShape(Struct, frozen=True):
    """One run of a container's process, and where in a file what it wrote begins."""

    started: str | None
    ended: str | None
    exit_status: int | None
    log: str
    log_offset: int


class ContainerShape(Struct, frozen=True):
    """A container that was started."""

    name: str
    image: str
    state: str
    ready: bool
    restarts: int
    reason: str
    log: str
    run: RunShape | None
    last_run: RunShape | None


class PlannedPortShape(Struct, frozen=True):
    """A port that a container declares."""

    number: int
    name: str
    protocol: str


class PlannedContainerShape(Struct, frozen=True):
    """A container as its pod's documents want it; `command` is null where nothing can run it."""

    name: str
    image: str
    command: list[str] | None
    ports: list[PlannedPortShape]


class LabPodShape(Struct, frozen=True):
    """A pod of the lab."""

    namespace: str
    name: str
    workload: str
    kind: str
    ip: str
    ips: list[str]
    ready: bool
    phase: str
    status: str
    reason: str
    stuck: bool
    created: str | None
    restarts: int
    restarted: str | None
    ready_containers: int
    total_containers: int
    proxy: bool
    proxy_ready: bool
    injected: bool
    gateway: bool
    service_account: str
    labels: dict[str, str]
    annotations: dict[str, str]
    template: str
    default_container: str
    loopback_ports: list[int]
    init_containers: list[ContainerShape]
    containers: list[ContainerShape]
    planned_init_containers: list[PlannedContainerShape]
    planned_containers: list[PlannedContainerShape]


class LabPods(Struct, frozen=True):
    """All pods, and whether everything that was asked for stands, by documents of a revision."""

    ready: bool
    pods: list[LabPodShape]
    revision: int = 0


class GivenObjects(Struct, frozen=True):
    """The objects that the `up` before had in its files."""

    objects: list[ObjectName]


class EnteredCommand(Struct, frozen=True):
    """A command with its environment, for whoever asked to run itself."""

    argv: list[str]
    env: dict[str, str]


class ForwardEnd(Struct, frozen=True):
    """The pod, and the port of it, that a connection goes to."""

    pod: str
    port: int


class GatewayAddress(Struct, frozen=True):
    """A gateway's port as people reach it."""

    name: str
    port: str
    url: str


class LabGateways(Struct, frozen=True):
    """All of them."""

    gateways: list[GatewayAddress]


class LabAddress(Struct, frozen=True):
    """An address at 127.0.0.1; without a url it is not for callers outside, as `note` says."""

    kind: Literal["Gateway", "Service"]
    type: str
    note: str
    name: str
    port: str
    url: str | None


class LabAddresses(Struct, frozen=True):
    """All of them, gateways first."""

    urls: list[LabAddress]


class LabFindings(Struct, frozen=True):
    """What authors should know of their pods."""

    findings: list[FindingShape]


class OccurrenceShape(Struct, frozen=True):
    """What happened, how often, the first and the last time."""

    type: Literal["Normal", "Warning"]
    reason: str
    kind: str
    namespace: str
    name: str
    message: str
    count: int
    first: str | None
    last: str | None


class LabOccurrences(Struct, frozen=True):
    """All that is kept, by last time."""

    events: list[OccurrenceShape]


class LabWorkloads(Struct, frozen=True):
    """How far each workload's pods are."""

    workloads: list[WorkloadCounts]


class LogTimesShape(Struct, frozen=True):
    """Seconds since 1970, and the size of the log then; the oldest first."""

    times: list[tuple[float, int]]


class RevisionShape(Struct, frozen=True):
    """A template of a workload, with its number, since when, and why by its author's words."""

    revision: int
    cause: str
    since: str | None
    template: dict[str, Any]


class WorkloadRevisions(Struct, frozen=True):
    """The oldest first; the last one is in force."""

    revisions: list[RevisionShape]


class Undone(Struct, frozen=True):
    """Whose template is in force again."""

    revision: int


class ObservedDocument(Struct, frozen=True):
    """Whether the lab has taken in what the plane has."""

    observed: bool


class PodPreview(Struct, frozen=True):
    """Workloads whose pods would not stay as they are, and all pods as the plane would see them."""

    workloads: list[WorkloadChange]
    pods: list[PodSeen]


class Scaled(Struct, frozen=True):
    """How many pods a workload should have now."""

    replicas: int


class GoingDown(Struct, frozen=True):
    """The process whose end is the lab's."""

    pid: int
