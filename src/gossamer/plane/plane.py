"""The control plane: what the HTTP API asks of it, answered out of store, pipeline and streams."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from typing import TypeVar

from msgspec.structs import replace

from gossamer.compile.checks.gateways.certificates import lapsed
from gossamer.compile.checks.table import check_all
from gossamer.explain.explain import explain_call
from gossamer.explain.permission.shapes import CanShape, SegmentsShape
from gossamer.explain.promises.shapes import Proofs
from gossamer.explain.report.shapes import ExplanationShape
from gossamer.explain.report.shaping import shape_of
from gossamer.explain.walk.call import BadCall, call_to
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
    CompiledShape,
    PlaneStatus,
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
from gossamer.plane.queries.broken_calls import seen_calls
from gossamer.plane.queries.denials import with_denials
from gossamer.plane.queries.document_shape import document_shape
from gossamer.plane.queries.explaining import with_all_hosts
from gossamer.plane.queries.forecast import HeldNames, forecast
from gossamer.plane.queries.meshed_workloads import MeshedWorkloads
from gossamer.plane.queries.mtls import mtls_answer
from gossamer.plane.queries.own_metrics import host_metrics, source_metrics
from gossamer.plane.queries.permission import matrix, may_call, places_of_rules
from gossamer.plane.queries.proving import proofs, proofs_after, stated
from gossamer.plane.queries.services import services_of
from gossamer.plane.resources.catalog import EntryId
from gossamer.plane.revisions import Revisions, Topic
from gossamer.plane.rotation.desk import RotationDesk
from gossamer.plane.streams.admission import caller_of
from gossamer.plane.streams.ban_desk import BanDesk
from gossamer.plane.streams.proxies import ConnectedProxies
from gossamer.store.document import Change, Delete, DocumentKey, WriteOutcome, WriteResult
from gossamer.store.failure import Conflict, StoreUnavailable
from gossamer.store.paths import File
from gossamer.telemetry.edges import Edges
from gossamer.telemetry.evidence.contacts import Contacts
from gossamer.telemetry.meters import exposition, gauges
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
        revision, mesh = self.documents_store.revision, self.pipeline.mesh
        wanted = {c.object: self.pipeline.aged(c) for c in reading.contributions}
        fixed = {c.object: self.pipeline.aged(c) for c in reading.readable}
        holdings = [HeldNames(each.pod, each.names()) for each in self.proxies.subscriptions()]
        dated = _lapsed_today(reading)
        contacts, now = self.contacts.snapshot(), self.clock()

        def told() -> Applied:
            whole = {**wanted, **fixed}
            checked = check_all(assemble(mesh, whole, observed)[0], whole.values())
            change = forecast(mesh, wanted, holdings, observed)
            outcome = applied(reading, (*checked, *dated), outcomes, revision)
            after = assemble(mesh, wanted, observed)[0]
            seen, proven = seen_calls(mesh, after, contacts, now), proofs_after(mesh, after, wished)
            proxies, calls = change.proxy_shapes(), change.call_shapes()
            return replace(outcome, proxies=proxies, calls=calls, seen=seen, promises=proven)

        return await self.background.compute(told)

    async def delete(
        self, files: Sequence[File], objects: Sequence[ObjectName], writer: Writer
    ) -> Deleted:
        """Remove the objects in the files and those named."""
        named = [key for name in objects for key in self._named(name)]
        keys = list(dict.fromkeys([*keys_in(files), *named]))
        gone = removals(keys, self.pipeline.documents)
        written = await self._write([Delete(key) for key in keys], gone, writer)
        pairs = zip(keys, written.outcomes, strict=True)
        deleted = [str(key) for key, outcome in pairs if outcome is WriteOutcome.DELETED]
        return Deleted(deleted, written.revision)

    def _named(self, name: ObjectName) -> list[DocumentKey]:
        wanted = name.kind.lower(), name.namespace, name.name
        keys = [
            key
            for key in self.pipeline.documents
            if wanted[0] in (key.kind.lower(), key.group_kind.lower())
            and key.namespace in (wanted[1], "")
            and key.name == wanted[2]
        ]
        if not keys:
            place = f"{wanted[1]}/{wanted[2]}" if wanted[1] else wanted[2]
            raise RequestRefused(
                404,
                f"there is no {name.kind} {place}, so nothing was deleted; "
                f"`gossamer get {name.kind} -A` lists those that are",
            )
        return keys

    def documents(self, kinds: Kinds, namespace: str | None, name: str | None) -> Documents:
        """The declared objects that match."""
        documents = [
            document_shape(held)
            for key, held in sorted(self.pipeline.documents.items())
            if (kinds is None or key.kind in kinds or key.group_kind in kinds)
            and namespace in (None, key.namespace)
            and name in (None, key.name)
        ]
        return Documents(
            self.documents_store.revision, [each for each in documents if each is not None]
        )

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
        rows = with_denials(self.pipeline.mesh, self.edges.rows(now), self.contacts.handshakes)
        return Traffic(self.edges.known(now), rows)

    async def mtls(self) -> MtlsEvidence:
        """Who was seen to call whom with the mesh's TLS, and who without."""
        now, mesh, contacts = self.clock(), self.pipeline.mesh, self.contacts.snapshot()
        known = self.edges.known(now)
        return await self.background.compute(
            lambda: mtls_answer(MeshedWorkloads.of(mesh), contacts, known, now)
        )

    def proxy(self, namespace: str, pod: str) -> ProxyResources:
        """What is compiled for one proxy: type -> name -> version and deciding objects."""
        stream = self.proxies.by_pod.get(f"{namespace}/{pod}")
        if stream is None or stream.subscription is None:
            raise RequestRefused(
                404, f"no proxy of Pod {namespace}/{pod} is connected to this plane"
            )
        subscription = stream.subscription
        return {
            kind.value: {name: self._compiled(subscription.entry_of(kind, name)) for name in names}
            for kind, names in subscription.names().items()
        }

    async def explain(self, call: CallBody) -> ExplanationShape:
        """What Envoy would do with a call in the present mesh, holding the hosts that it holds."""
        mesh, has_all = self.pipeline.mesh, self.proxies.has_all_hosts(call.source)
        try:
            request = call_to(call.source, call.url, call.method, call.headers, call.client)
        except BadCall as error:
            raise RequestRefused(400, str(error)) from error

        def told() -> ExplanationShape:
            held = with_all_hosts(mesh, call.source) if has_all else mesh
            return shape_of(explain_call(held, request))

        return await self._computed(told)

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

    def _compiled(self, wanted: EntryId | None) -> CompiledShape | None:
        if wanted is None:
            return None
        compiled = self.pipeline.catalog.entry(wanted).compiled
        return CompiledShape(compiled.version, [str(ref) for ref in compiled.because])

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
        own = gauges(
            {
                "gossamer_plane_documents": float(len(self.pipeline.documents)),
                "gossamer_plane_resources": float(self.pipeline.catalog.size()),
                "gossamer_plane_proxies_connected": float(len(self.proxies.by_pod)),
                "gossamer_plane_revision": float(self.documents_store.revision),
            }
            | self.rotation.metrics()
        )
        per_client = exposition("plane", self.proxies.meters)
        return per_client + own + host_metrics(self.proxies) + source_metrics(self.observations)

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
