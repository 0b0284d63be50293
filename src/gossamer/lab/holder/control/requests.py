"""What a lab's holder can be asked over its control socket, besides what its agent asks of it."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from gossamer.lab.lab_file import LabFile
from gossamer.plane.api.shapes import DocumentShape, ObjectName


class PodsRequest(Struct, frozen=True, tag_field="op", tag="pods"):
    """Every pod of the lab."""


class ExecRequest(Struct, frozen=True, tag_field="op", tag="exec"):
    """The command that runs `argv` where a pod's container runs (its default one if none is said).

    `pod` is `NAMESPACE/POD`; `terminal` says that the asker has one.
    """

    pod: str
    argv: list[str]
    container: str | None = None
    terminal: bool = False


class GatewaysRequest(Struct, frozen=True, tag_field="op", tag="gateways"):
    """Every gateway port as people reach it."""


class UrlsRequest(Struct, frozen=True, tag_field="op", tag="urls"):
    """Every address of the lab at 127.0.0.1."""


class ForwardTargetRequest(Struct, frozen=True, tag_field="op", tag="forward_target"):
    """Where a connection to a port of something would go: a number, or a name of it.

    `pod` is where the asker's last one went.
    """

    kind: str
    namespace: str
    name: str
    port: str
    pod: str | None = None


class ConnectRequest(ForwardTargetRequest, frozen=True, tag_field="op", tag="connect"):
    """A connection there."""


class PlaneRequest(Struct, frozen=True, tag_field="op", tag="plane"):
    """Hold the control plane down, or let it come back."""

    state: Literal["stop", "start"]


class RestartRequest(Struct, frozen=True, tag_field="op", tag="restart"):
    """Make a workload's pods anew; the kind may be abbreviated as people do (`deploy`)."""

    name: str
    namespace: str = "default"
    kind: str = "Deployment"


class ScaleRequest(Struct, frozen=True, tag_field="op", tag="scale"):
    """Give a workload so many pods."""

    name: str
    replicas: Annotated[int, Meta(ge=0, lt=2**31)]
    namespace: str = "default"
    kind: str = "Deployment"


class RevisionsRequest(Struct, frozen=True, tag_field="op", tag="revisions"):
    """The templates that a workload had."""

    name: str
    namespace: str = "default"
    kind: str = "Deployment"


class UndoRequest(Struct, frozen=True, tag_field="op", tag="undo"):
    """Bring an earlier template of a workload back: of a number, or the one before (0)."""

    name: str
    namespace: str = "default"
    kind: str = "Deployment"
    revision: int = 0


class ObservedRequest(Struct, frozen=True, tag_field="op", tag="observed"):
    """Whether a workload's pods are planned by its document as the plane has it now."""

    name: str
    namespace: str = "default"
    kind: str = "Deployment"


class DeletePodRequest(Struct, frozen=True, tag_field="op", tag="delete_pod"):
    """End one pod, `NAMESPACE/POD`; its workload brings another."""

    pod: str


class FindingsRequest(Struct, frozen=True, tag_field="op", tag="findings"):
    """What authors should know of the pods that their documents ask for."""


class EventsRequest(Struct, frozen=True, tag_field="op", tag="events"):
    """What happened in the lab."""


class WorkloadsRequest(Struct, frozen=True, tag_field="op", tag="workloads"):
    """How far each workload's pods are."""


class LabFileRequest(Struct, frozen=True, tag_field="op", tag="lab_file"):
    """Another lab.yaml from now on; `stand_in` asks for stand-ins besides what it says."""

    lab: LabFile | None = None
    stand_in: bool = False


class GivenRequest(Struct, frozen=True, tag_field="op", tag="given"):
    """The objects of the last `up`; those in `objects` take their place."""

    objects: list[ObjectName] | None = None


class LogTimesRequest(Struct, frozen=True, tag_field="op", tag="log_times"):
    """When the log at a path grew to which size."""

    log: str


class PodPreviewRequest(Struct, frozen=True, tag_field="op", tag="pod_preview"):
    """Which pods there would be if these were the documents; nothing is changed."""

    documents: list[DocumentShape]


class DownRequest(Struct, frozen=True, tag_field="op", tag="down"):
    """End the lab."""
