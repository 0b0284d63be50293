"""The JSON of the control plane's HTTP API, as types: what goes in is checked against them, the
OpenAPI description is made from them, and the client returns them. Standard library only.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict


class FileText(TypedDict):
    """One manifest file: `text`, or `base64` where its bytes are no UTF-8."""

    file: str
    text: NotRequired[str]
    base64: NotRequired[str]


class ObjectName(TypedDict):
    """An object as people name it; `namespace` is left out or empty for kinds that have none."""

    kind: str
    name: str
    namespace: NotRequired[str]


class FilesBody(TypedDict):
    """Files to apply."""

    files: list[FileText]


class DeleteBody(TypedDict):
    """Objects to delete: those in files, those named, or both."""

    files: NotRequired[list[FileText]]
    objects: NotRequired[list[ObjectName]]


class FindingShape(TypedDict):
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


class Action(TypedDict):
    """What an apply did to one object."""

    object: str
    action: Literal["created", "configured", "unchanged"]


class Deleted(TypedDict):
    """The objects that are gone, as `Kind ns/name`."""

    deleted: list[str]
    revision: int
    findings: NotRequired[list[FindingShape]]


class DocumentShape(TypedDict):
    """One declared object."""

    kind: str
    api_version: str
    namespace: str
    name: str
    file: str
    line: int | None
    body: dict[str, Any]
    created: NotRequired[str]


class Documents(TypedDict):
    """Declared objects at a revision."""

    revision: int
    documents: list[DocumentShape]


class PortSeen(TypedDict):
    """A container port."""

    number: int
    name: NotRequired[str | None]
    protocol: NotRequired[str | None]


class PodSeen(TypedDict):
    """One pod as its platform sees it."""

    namespace: str
    name: str
    workload: str
    ip: list[str]
    labels: NotRequired[dict[str, str] | None]
    annotations: NotRequired[dict[str, str] | None]
    service_account: NotRequired[str | None]
    ready: NotRequired[bool]
    injected: NotRequired[bool]
    host: NotRequired[str | None]
    ports: NotRequired[list[PortSeen] | None]
    greets: NotRequired[list[int] | None]
    gateway: NotRequired[bool]
    stand_in: NotRequired[bool]
    doors: NotRequired[str]
    locality: NotRequired[str | None]
    hostname: NotRequired[str | None]
    subdomain: NotRequired[str | None]


class CallBody(TypedDict):
    """A call to explain: `source` is `NS/POD`, or `outside` for one through a gateway."""

    source: str
    url: str
    method: NotRequired[str]
    headers: NotRequired[list[tuple[str, str]]]


class ObservationBody(TypedDict):
    """All pods of one source; they replace what it said before."""

    pods: list[PodSeen]
    lease_s: NotRequired[float]


class ServicePort(TypedDict):
    """A service's port and the ready addresses behind it, as `ip:port` or `[ip]:port`.

    `mtls_only` says that they refuse callers without the mesh's mutual TLS.
    """

    number: int
    protocol: Literal["TCP", "UDP"]
    endpoints: list[str]
    mtls_only: bool


class ServiceShape(TypedDict):
    """A service with addresses of its own."""

    host: str
    namespace: str
    addresses: list[str]
    ports: list[ServicePort]


class Services(TypedDict):
    """All services at a revision."""

    revision: int
    services: list[ServiceShape]


class Findings(TypedDict):
    """All that there is to say about the documents in force."""

    findings: list[FindingShape]


class Health(TypedDict):
    """Whether the plane takes changes; `reason` says why not."""

    status: Literal["ok", "unavailable"]
    reason: NotRequired[str]


class Failure(TypedDict):
    """Who, what, effect and remedy of a refusal."""

    error: str
    findings: NotRequired[list[FindingShape]]


class Empty(TypedDict):
    """Nothing to say."""


Loose: TypeAlias = dict[str, Any]
"""JSON of a shape that stands in `answers`, as a command reads it: without importing msgspec."""
