"""The JSON of the control plane's HTTP API about documents, observations and calls, as types.

What goes in is checked against them, what comes out is made of them, and the OpenAPI description
is made from both. Long-running programs decode answers into them; commands, which start often,
read the JSON as it is (decision 36).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from gossamer.model.finding import Finding
from gossamer.process.shape import as_words

Port = Annotated[int, Meta(ge=1, le=65535)]


class FileText(Struct, frozen=True):
    """One manifest file: `text`, or `base64` where its bytes are no UTF-8."""

    file: str
    text: str | UnsetType = UNSET
    base64: str | UnsetType = UNSET


class ObjectName(Struct, frozen=True):
    """An object as people name it; `namespace` is left out or empty for kinds that have none."""

    kind: str
    name: str
    namespace: str = ""


class FilesBody(Struct, frozen=True):
    """Files to apply. For a dry run `supposed` says, by source, which pods it would see then, and
    `promises` what must hold afterwards."""

    files: list[FileText]
    supposed: dict[str, list[PodSeen]] = {}
    promises: list[str] = []


class PromisesBody(Struct, frozen=True):
    """Promises to prove, one a text."""

    promises: list[str]


class DeleteBody(Struct, frozen=True):
    """Objects to delete: those in files, those named, or both."""

    files: list[FileText] | UnsetType = UNSET
    objects: list[ObjectName] | UnsetType = UNSET


class FindingShape(Struct, frozen=True):
    """A remark on one place in one object."""

    severity: Literal["error", "warning", "info"]
    code: str
    object: str
    file: str | None
    line: int | None
    field: str
    message: str
    effect: str
    remedy: str


def finding_shape(finding: Finding) -> FindingShape:
    """A finding as programs read it; the shape that `gossamer analyze -o json` promises."""
    return FindingShape(
        severity=finding.severity.value,
        code=finding.code,
        object=str(finding.origin.object),
        file=finding.origin.file,
        line=finding.origin.line,
        field=finding.origin.field,
        message=finding.message,
        effect=finding.effect,
        remedy=finding.remedy,
    )


def finding_row(finding: Finding) -> dict[str, Any]:
    """The same as commands print it, beside those that a plane has told them."""
    return dict(as_words(finding_shape(finding)))


class Action(Struct, frozen=True):
    """What an apply did to one object."""

    object: str
    action: Literal["created", "configured", "unchanged"]


class Deleted(Struct, frozen=True):
    """The objects that are gone, as `Kind ns/name`."""

    deleted: list[str]
    revision: int
    findings: list[FindingShape] | UnsetType = UNSET


class DocumentShape(Struct, frozen=True):
    """One declared object."""

    kind: str
    api_version: str
    namespace: str
    name: str
    file: str
    line: int | None
    body: dict[str, Any]
    created: str


class Documents(Struct, frozen=True):
    """Declared objects at a revision."""

    revision: int
    documents: list[DocumentShape]


class PortSeen(Struct, frozen=True):
    """A container port."""

    number: Port
    name: str | None = None
    protocol: str | None = None


class PodSeen(Struct, frozen=True):
    """One pod as its platform sees it."""

    namespace: str
    name: str
    workload: str
    ip: list[str]
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    service_account: str | None = None
    ready: bool = False
    injected: bool = False
    host: str | None = None
    ports: list[PortSeen] | None = None
    greets: list[Port] | None = None
    gateway: bool = False
    stand_in: bool = False
    doors: str = ""
    locality: str | None = None
    hostname: str | None = None
    subdomain: str | None = None


PodsBySource: TypeAlias = Mapping[str, Sequence[PodSeen]]
NO_PODS: PodsBySource = {}


class CallBody(Struct, frozen=True):
    """A call to explain: `source` is `NS/POD`, or `outside` for one through a gateway, whose
    address is `client`, as far as it is known."""

    source: str
    url: str
    method: str = "GET"
    headers: list[tuple[str, str]] = []
    client: str = ""


class CanBody(Struct, frozen=True):
    """A question who may call whom: NS/NAME of a workload or pod, sa/NS/NAME or the word outside,
    for the destination also svc/NS/NAME. Null is what nobody said, client the address of a caller
    from outside, as far as it is known."""

    source: str
    destination: str
    method: str | None = None
    path: str | None = None
    headers: list[tuple[str, str]] = []
    port: Port | None = None
    client: str = ""


class SegmentsBody(Struct, frozen=True):
    """Of which namespace the pairs are asked for ("" for all), and whether of workloads."""

    namespace: str = ""
    workloads: bool = False


class RulesBody(Struct, frozen=True):
    """Names of authorization rules, as proxies write them into their logs."""

    rules: Annotated[list[str], Meta(max_length=1000)]


class ObservationBody(Struct, frozen=True):
    """All pods of one source; they replace its previous report."""

    pods: list[PodSeen]
    lease_s: Annotated[float, Meta(ge=0)] = 30.0


class ServicePortShape(Struct, frozen=True):
    """A service's port and the ready addresses behind it, as `ip:port` or `[ip]:port`.

    `mtls_only` says that they refuse callers without the mesh's mutual TLS.
    """

    number: int
    protocol: Literal["TCP", "UDP"]
    endpoints: list[str]
    mtls_only: bool


class ServiceShape(Struct, frozen=True):
    """A service with addresses of its own."""

    host: str
    namespace: str
    addresses: list[str]
    ports: list[ServicePortShape]


class Services(Struct, frozen=True):
    """All services at a revision."""

    revision: int
    services: list[ServiceShape]


class Findings(Struct, frozen=True):
    """All that there is to say about the documents in force."""

    findings: list[FindingShape]


class Health(Struct, frozen=True):
    """Whether the plane takes changes; `reason` says why not."""

    status: Literal["ok", "unavailable"]
    reason: str | UnsetType = UNSET


class Failure(Struct, frozen=True):
    """Who, what, effect and remedy of a refusal."""

    error: str
    findings: list[FindingShape] | UnsetType = UNSET


class Empty(Struct, frozen=True):
    """Nothing to say."""
