"""What the HTTP API asks of the control plane. The plane implements it; the API only translates.

Every method may raise StoreUnavailable (answered with 503), Conflict (409), RequestRefused or
AccessRefused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gossamer.explain.permission.shapes import CanShape, SegmentsShape
from gossamer.explain.promises.shapes import Proofs
from gossamer.explain.report.shapes import ExplanationShape
from gossamer.plane.access.writer import Writer
from gossamer.plane.api.answers import (
    Applied,
    PolicyReport,
    ProxyResources,
    RulesPlaces,
    Status,
    Traffic,
)
from gossamer.plane.api.bans import BanBody, BannedShape, BansShape, LiftBody
from gossamer.plane.api.identity import IdentityStatus, RotateBody
from gossamer.plane.api.mtls_answers import MtlsEvidence
from gossamer.plane.api.shapes import (
    NO_PODS,
    CallBody,
    CanBody,
    Deleted,
    Documents,
    Findings,
    Health,
    ObjectName,
    ObservationBody,
    PodsBySource,
    RulesBody,
    SegmentsBody,
    Services,
)
from gossamer.plane.revisions import Topic
from gossamer.store.paths import File


class RequestRefused(Exception):
    """The plane says no: an HTTP status and a message of who, what, effect and remedy."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class PlaneFacade(Protocol):
    """One method a route."""

    async def apply(self, files: Sequence[File], writer: Writer) -> Applied:
        """Read the files and store every object in them, durably, in one transaction.

        Raises AccessRefused where one of them is not the writer's to change.
        """
        ...

    async def preview(
        self,
        files: Sequence[File],
        writer: Writer,
        supposed: PodsBySource = NO_PODS,
        promises: Sequence[str] = (),
    ) -> Applied:
        """What `apply` would do, if sources see the supposed pods then; nothing is stored."""
        ...

    async def delete(
        self, files: Sequence[File], objects: Sequence[ObjectName], writer: Writer
    ) -> Deleted:
        """Remove the objects in the files and those named, in one transaction."""
        ...

    def documents(
        self, kinds: frozenset[str] | None, namespace: str | None, name: str | None
    ) -> Documents:
        """The declared objects that match; None is any."""
        ...

    async def documents_changed(self, since: int, kinds: frozenset[str] | None) -> None:
        """Returns once the documents' revision is another than `since` by one of these kinds."""
        ...

    async def observe(self, source: str, observation: ObservationBody) -> None:
        """Replace what a source sees. Raises RequestRefused(400) for what cannot be read."""
        ...

    def services(self) -> Services:
        """The services with their addresses and ready endpoints."""
        ...

    def revision(self, topic: Topic) -> int:
        """The number of the topic's last change."""
        ...

    async def changed(self, topic: Topic, since: int) -> None:
        """Returns once the topic's revision is another than `since`, or the plane ends."""
        ...

    def status(self) -> Status:
        """The plane and its proxies."""
        ...

    def identity(self) -> IdentityStatus:
        """The mesh's own authority, and how far a rotation of its root is."""
        ...

    def rotate(self, body: RotateBody) -> IdentityStatus:
        """Begin a rotation, or force one on. Raises RequestRefused(409) while one is under way."""
        ...

    def findings(self) -> Findings:
        """All findings on the documents in force."""
        ...

    def traffic(self) -> Traffic:
        """The edges as the agents reported them."""
        ...

    async def mtls(self) -> MtlsEvidence:
        """Who was seen to call whom with the mesh's TLS, and who without."""
        ...

    async def policy_report(self, namespace: str, since: str) -> PolicyReport:
        """What rules of authorization decided, and those of dry runs would have."""
        ...

    def proxy(self, namespace: str, pod: str) -> ProxyResources:
        """What is compiled for one proxy. Raises RequestRefused(404) for an unknown one."""
        ...

    def metrics(self) -> str:
        """The plane's own numbers as Prometheus text."""
        ...

    async def explain(self, call: CallBody) -> ExplanationShape:
        """What would become of a call. Raises RequestRefused(400) where impossible."""
        ...

    async def ban(self, body: BanBody) -> BannedShape:
        """Refuse an identity or a pod from now on. Raises RequestRefused(400)."""
        ...

    async def lift(self, body: LiftBody) -> BansShape:
        """Refuse it no longer. Raises RequestRefused(404) where it is not banned."""
        ...

    def bans(self) -> BansShape:
        """Who is refused now."""
        ...

    async def can(self, asked: CanBody) -> CanShape:
        """Whether one may call the other. Raises RequestRefused(400) for names of nothing."""
        ...

    async def segments(self, asked: SegmentsBody) -> SegmentsShape:
        """Who may call whom. Raises RequestRefused(400) for too many pairs."""
        ...

    async def rules(self, asked: RulesBody) -> RulesPlaces:
        """Where these authorization rules are written."""
        ...

    async def prove(self, promises: Sequence[str]) -> Proofs:
        """Whether promises hold. Raises RequestRefused(400) for what is not one."""
        ...

    def health(self) -> Health:
        """Whether changes can be taken."""
        ...
