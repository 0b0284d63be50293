"""The control plane: what the HTTP API asks of it, answered out of store, pipeline and streams."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from typing import TypeVar

from gossamer.compile.checks.gateways.certificates import lapsed
from gossamer.compile.checks.table import check_all
from gossamer.explain.permission.shapes import CanShape, SegmentsShape
from gossamer.explain.promises.shapes import Proofs
from gossamer.explain.report.shapes import ExplanationShape
from gossamer.explain.walk.call import BadCall
from gossamer.identity.attest.present_certificate import ProvenCaller
from gossamer.identity.plan import CsrRefused, MalformedCsr
from gossamer.identity.run import CertificateSigner
from gossamer.model.assembly.assemble import assemble
from gossamer.model.finding import Finding
from gossamer.model.observed import Observed
from gossamer.plane.access.editing import ObjectChange
from gossamer.plane.access.writer import Writer
from gossamer.plane.api.answers import (
    Applied,
    PlaneStatus,
    PolicyReport,
    ProxyResources,
    RulesPlaces,
    Status,
    Traffic,
)
from gossamer.plane.api.bans import BanBody, BannedShape, BansShape, LiftBody
from gossamer.plane.api.facade import RequestRefused
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
    finding_shape,
)
from gossamer.plane.documents import (
    DocumentsRead,
    Kinds,
    StoreFollower,
    changes_by,
    keys_in,
    read_files,
    removals,
    writes,
)
from gossamer.plane.observed.former_addresses import FormerAddresses
from gossamer.plane.observed.observations import Observations
from gossamer.plane.observed.sources import BadObservation
from gossamer.plane.pipeline import Pipeline
from gossamer.plane.queries.applied import applied
from gossamer.plane.queries.background import Background
from gossamer.plane.queries.denials import with_denials
from gossamer.plane.queries.explaining import explanation
from gossamer.plane.queries.forecast import HeldNames
from gossamer.plane.queries.meshed_workloads import MeshedWorkloads
from gossamer.plane.queries.mtls import mtls_answer
from gossamer.plane.queries.named_documents import documents_named, keys_named
from gossamer.plane.queries.own_metrics import proxy_metrics, size_metrics, source_metrics
from gossamer.plane.queries.permission import matrix, may_call, places_of_rules
from gossamer.plane.queries.policy_report import Watched, moment_of, policy_report
from gossamer.plane.queries.proposal import Proposal
from gossamer.plane.queries.proving import proofs, stated
from gossamer.plane.queries.services import services_of
from gossamer.plane.resources.contents import contents
from gossamer.plane.revisions import Revisions, Topic
from gossamer.plane.rotation.desk import RotationDesk
from gossamer.plane.streams.admission import caller_of
from gossamer.plane.streams.ban_desk import BanDesk
from gossamer.plane.streams.proxies import ConnectedProxies
from gossamer.store.document import Change, Delete, WriteOutcome, WriteResult
from gossamer.store.failure import Conflict, StoreUnavailable
from gossamer.store.paths import File
from gossamer.telemetry.edges import Edges
from gossamer.telemetry.evidence.contacts import Contacts
from gossamer.telemetry.meters import gauges
from gossamer.xds.stream.session import MalformedRequest, Peer, StreamRefused

T = TypeVar("T")


@dataclass(slots=True)
class Plane:
    """The parts of a running plane, and the answers to its API."""

    pipeline: Pipeline
    documents_store: StoreFollower
    observations: Observations
    proxies: ConnectedProxies
    desk: CertificateSigner
    edges: Edges
    clock: Callable[[], float]
    ban_desk: BanDesk
    rotation: RotationDesk
    contacts: Contacts = field(default_factory=lambda: Contacts(0.0))
    revisions: Revisions = field(default_factory=lambda: Revisions(0))
    former: FormerAddresses = field(default_factory=FormerAddresses)
    background: Background = field(default_factory=Background)

    async def apply(self, files: Sequence[File], writer: Writer) -> Applied:
        """Store every readable object in the files, in one transaction."""
        reading = read_files(files)
        changes = changes_by(reading, self.pipeline.documents)
        written = await self._write(writes(reading.manifests), changes, writer)
        checked = (*await self._checked(reading), *_lapsed_today(reading))
        return applied(reading, checked, written.outcomes, written.revision)

    async def _write(
        self, puts: Sequence[Change], changes: Sequence[ObjectChange], writer: Writer
    ) -> WriteResult:
        """Write what is the writer's to write, once the audit log has it."""
        writer.check(changes)
        await writer.about_to(changes)
        try:
            return await self.documents_store.write(puts)
        except (Conflict, StoreUnavailable):
            await writer.failed(changes)
            raise

    async def _checked(self, reading: DocumentsRead) -> Sequence[Finding]:
        """What the checks say of these objects, and of those that were refused: as if fixed."""
        objects = [each.object for each in (*reading.contributions, *reading.readable)]
        if not reading.readable:
            return self.pipeline.findings_on(objects)
        mesh = self.pipeline.mesh
        fixed = {each.object: self.pipeline.aged(each) for each in reading.readable}

        def told() -> Sequence[Finding]:
            whole = assemble(mesh, fixed)[0]
            return check_all(whole, [whole.contributions[each] for each in dict.fromkeys(objects)])

        return await self.background.compute(told)

    async def preview(
        self,
        files: Sequence[File],
        writer: Writer,
        supposed: PodsBySource = NO_PODS,
        promises: Sequence[str] = (),
    ) -> Applied:
        """What `apply` would do: to the documents, to which proxies, calls and promises.

        `supposed` are the pods that sources would see once all is done; others stay as they are.
        """
        wished = stated(promises)
        try:
            observed = self.observations.supposed(supposed)
        except BadObservation as error:
            raise RequestRefused(400, str(error)) from error
        reading = read_files(files)
        writer.check(changes_by(reading, self.pipeline.documents))
        outcomes = self.documents_store.outcomes_if_written(writes(reading.manifests))
        revision, dated = self.documents_store.revision, _lapsed_today(reading)
        proposal = self._proposal(reading, observed)

        def told() -> Applied:
            findings = (*proposal.findings(), *dated)
            return proposal.foretold(applied(reading, findings, outcomes, revision), wished)

        return await self.background.compute(told)

    def _proposal(self, reading: DocumentsRead, observed: Observed) -> Proposal:
        """What was read, beside everything as it is at this moment."""
        return Proposal(
            mesh=self.pipeline.mesh,
            wanted={each.object: self.pipeline.aged(each) for each in reading.contributions},
            fixed={each.object: self.pipeline.aged(each) for each in reading.readable},
            observed=observed,
            connected=[HeldNames(each.pod, each.names()) for each in self.proxies.subscriptions()],
            contacts=self.contacts.snapshot(),
            now=self.clock(),
        )

    async def delete(
        self, files: Sequence[File], objects: Sequence[ObjectName], writer: Writer
    ) -> Deleted:
        """Remove the objects in the files and those named."""
        held = self.pipeline.documents
        named = [key for name in objects for key in keys_named(held, name)]
        keys = list(dict.fromkeys([*keys_in(files), *named]))
        gone = removals(keys, held)
        written = await self._write([Delete(key) for key in keys], gone, writer)
        pairs = zip(keys, written.outcomes, strict=True)
        deleted = [str(key) for key, outcome in pairs if outcome is WriteOutcome.DELETED]
        return Deleted(deleted, written.revision)

    def documents(self, kinds: Kinds, namespace: str | None, name: str | None) -> Documents:
        """The declared objects that match."""
        documents = documents_named(self.pipeline.documents, kinds, namespace, name)
        return Documents(self.documents_store.revision, documents)

    async def documents_changed(self, since: int, kinds: Kinds) -> None:
        """Returns once the documents' revision is another by one of these kinds."""
        await self.documents_store.changed(since, kinds)

    async def observe(self, source: str, observation: ObservationBody) -> None:
        """Replace what a source sees."""
        try:
            changed = self.observations.replace(source, observation)
        except BadObservation as error:
            raise RequestRefused(400, str(error)) from error
        self.enter(changed)

    def enter(self, changed: Observed) -> None:
        """Let observed facts into the mesh, and tell whoever waits for what follows."""
        self.former.remember(self.pipeline.mesh, changed, self.clock())
        self.pipeline.advance({}, changed)
        self.tell()

    def enter_bans(self, changed: Observed) -> None:
        """Let bans into the mesh, or out of it."""
        self.enter(changed)
        self.revisions.advance(Topic.BANS)

    def services(self) -> Services:
        """The services with their addresses and ready endpoints."""
        return Services(self.pipeline.turn, list(services_of(self.pipeline.mesh)))

    def revision(self, topic: Topic) -> int:
        """The number of the topic's last change."""
        if topic is Topic.DOCUMENTS:
            return self.documents_store.revision
        return self.pipeline.turn if topic is Topic.SERVICES else self.revisions.of(topic)

    async def changed(self, topic: Topic, since: int) -> None:
        """Returns once the topic's revision is another than `since`, or the plane ends."""
        while self.revision(topic) == since and not self.revisions.ended:
            await self.revisions.changed(topic, self.revisions.of(topic))

    def end(self) -> None:
        """Let everyone who waits for news go, so that the plane ends at once."""
        self.revisions.end()
        self.documents_store.end()

    def tell(self) -> None:
        """The mesh moved on: wake whoever waits for what follows from it."""
        self.revisions.advance(Topic.DOCUMENTS, Topic.SERVICES, Topic.STATUS, Topic.FINDINGS)

    def status(self) -> Status:
        """The plane and its proxies."""
        plane = PlaneStatus(
            pid=os.getpid(),
            version=version("gossamer"),
            revision=self.documents_store.revision,
            documents=len(self.pipeline.documents),
            resources=self.pipeline.catalog.size(),
            sources=self.observations.status(),
        )
        return Status(plane, self.proxies.status())

    def identity(self) -> IdentityStatus:
        """The mesh's own authority, and how far a rotation of its root is."""
        return self.rotation.status()

    def rotate(self, body: RotateBody) -> IdentityStatus:
        """Begin a rotation, or force one on. Raises RequestRefused."""
        status = self.rotation.rotate(body)
        self.rotated()
        return status

    def rotated(self) -> None:
        """A rotation took a step: wake whoever waits for that."""
        self.revisions.advance(Topic.IDENTITY, Topic.FINDINGS)

    def findings(self) -> Findings:
        """All findings on the documents in force."""
        objects = self.pipeline.mesh.contributions.values()
        dated = lapsed(objects, time.time())
        findings = (*self.pipeline.findings(), *self.observations.findings(), *dated)
        findings = (*findings, *self.rotation.findings())
        return Findings([finding_shape(each) for each in findings])

    def traffic(self) -> Traffic:
        """The edges as the agents reported them; `known` is false until the first report."""
        now = self.clock()
        rows = with_denials(self.pipeline.mesh, self.edges.rows(now), self.contacts.decided)
        return Traffic(self.edges.known(now), rows)

    async def mtls(self) -> MtlsEvidence:
        """Who was seen to call whom with the mesh's TLS, and who without."""
        now, mesh, contacts = self.clock(), self.pipeline.mesh, self.contacts.snapshot()
        known = self.edges.known(now)
        return await self.background.compute(
            lambda: mtls_answer(MeshedWorkloads.of(mesh), contacts, known, now)
        )

    async def policy_report(self, namespace: str, since: str) -> PolicyReport:
        """What rules of authorization decided, and those of dry runs would have."""
        now, mesh, contacts = self.clock(), self.pipeline.mesh, self.contacts.snapshot()
        watched = Watched(contacts, self.edges.known(now), now, moment_of(since))
        return await self.background.compute(
            lambda: policy_report(MeshedWorkloads.of(mesh), watched, namespace)
        )

    def proxy(self, namespace: str, pod: str) -> ProxyResources:
        """What is compiled for one proxy: type -> name -> version and deciding objects."""
        stream = self.proxies.by_pod.get(f"{namespace}/{pod}")
        if stream is None or stream.subscription is None:
            raise RequestRefused(
                404, f"no proxy of Pod {namespace}/{pod} is connected to this plane"
            )
        return contents(stream.subscription, self.pipeline.catalog)

    async def explain(self, call: CallBody) -> ExplanationShape:
        """What Envoy would do with a call in the present mesh, holding the hosts that it holds."""
        mesh, has_all = self.pipeline.mesh, self.proxies.has_all_hosts(call.source)
        return await self._computed(lambda: explanation(mesh, call, has_all))

    async def can(self, asked: CanBody) -> CanShape:
        """Whether one may call the other in the present mesh."""
        mesh = self.pipeline.mesh
        return await self._computed(lambda: may_call(mesh, asked))

    async def segments(self, asked: SegmentsBody) -> SegmentsShape:
        """Who may call whom in the present mesh."""
        mesh = self.pipeline.mesh
        return await self._computed(lambda: matrix(mesh, asked))

    async def rules(self, asked: RulesBody) -> RulesPlaces:
        """Where rules are written that proxies name in their logs."""
        mesh = self.pipeline.mesh
        return await self._computed(lambda: places_of_rules(mesh, asked))

    async def _computed(self, question: Callable[[], T]) -> T:
        """The answer, computed beside the event loop."""
        try:
            return await self.background.compute(question)
        except BadCall as error:
            raise RequestRefused(400, str(error)) from error

    async def prove(self, promises: Sequence[str]) -> Proofs:
        """What becomes of promises in the present mesh."""
        wished, mesh = stated(promises), self.pipeline.mesh
        return await self.background.compute(lambda: proofs(mesh, wished))

    async def ban(self, body: BanBody) -> BannedShape:
        """Refuse an identity or a pod from now on."""
        return await self.ban_desk.ban(body, self.enter_bans)

    async def lift(self, body: LiftBody) -> BansShape:
        """Refuse it no longer."""
        await self.ban_desk.lift(body, self.enter_bans)
        return self.bans()

    def bans(self) -> BansShape:
        """Who is refused now."""
        return self.ban_desk.bans(self.revision(Topic.BANS))

    def metrics(self) -> str:
        """The plane's own numbers, for Prometheus."""
        sizes = size_metrics(self.pipeline, self.documents_store.revision)
        own = gauges(sizes | self.rotation.metrics())
        return proxy_metrics(self.proxies) + own + source_metrics(self.observations)

    def health(self) -> Health:
        """Whether changes can be taken."""
        return Health("ok")

    async def sign(self, request: bytes, peer: Peer, metadata: Mapping[str, str]) -> bytes:
        """Sign a certificate request of an agent, by the rules of identity."""
        try:
            return self.desk.answer(request, ProvenCaller(caller_of(peer), peer.dns))
        except MalformedCsr as unreadable:
            raise MalformedRequest(str(unreadable)) from unreadable
        except CsrRefused as denied:
            raise StreamRefused(str(denied)) from denied

    async def report(self, request: bytes, peer: Peer, metadata: Mapping[str, str]) -> bytes:
        """Take an agent's counts."""
        self.proxies.refuse_peer(peer)
        agent, now = str(caller_of(peer)), self.clock()
        totals = self.edges.take(request, agent, now)
        names = partial(self.former.name, self.pipeline.mesh, now)
        self.contacts.take(agent, totals, names, now)
        self.revisions.advance(Topic.TRAFFIC)
        return b"{}"


def _lapsed_today(reading: DocumentsRead) -> Sequence[Finding]:
    """The certificates among these objects that do not hold at this moment."""
    return tuple(lapsed((*reading.contributions, *reading.readable), time.time()))
