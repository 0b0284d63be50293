"""The plane as somebody may see it who does not see everything.

One method a route, as in the plane itself: each asks the plane, and leaves out what lies in
namespaces that the actor may not read. Whoever sees all, but does not operate the mesh, is still
shown no Secret's values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from msgspec import UNSET
from msgspec.structs import replace

from gossamer.explain.permission.shapes import CanShape, SegmentsShape
from gossamer.explain.promises.shapes import Proofs
from gossamer.explain.report.shapes import ExplanationShape
from gossamer.model import tables
from gossamer.model.assembly.visible import service_for
from gossamer.model.ids import CLUSTER_DOMAIN, ROOT_NAMESPACE
from gossamer.model.mesh import Mesh
from gossamer.plane.access.actor import Actor, described
from gossamer.plane.access.demands import AccessRefused
from gossamer.plane.access.masking import masked
from gossamer.plane.access.redaction import Redaction
from gossamer.plane.access.scoped_evidence import scoped_breaks, scoped_evidence, scoped_report
from gossamer.plane.access.writer import Writer
from gossamer.plane.api.answers import (
    Applied,
    PolicyReport,
    ProxyResources,
    RulePlaces,
    RulesPlaces,
    Status,
    Traffic,
)
from gossamer.plane.api.bans import BanBody, BannedShape, BansShape, LiftBody
from gossamer.plane.api.facade import PlaneFacade
from gossamer.plane.api.identity import IdentityStatus, RotateBody
from gossamer.plane.api.mtls_answers import MtlsEvidence, SeenCalls
from gossamer.plane.api.shapes import (
    NO_PODS,
    CallBody,
    CanBody,
    Deleted,
    Documents,
    DocumentShape,
    Findings,
    FindingShape,
    Health,
    ObjectName,
    ObservationBody,
    PodsBySource,
    RulesBody,
    SegmentsBody,
    Services,
    ServiceShape,
)
from gossamer.plane.revisions import Topic
from gossamer.store.paths import File
from gossamer.telemetry.rows import EdgeRow

_OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class ScopedPlane:
    """A plane, for one actor."""

    plane: PlaneFacade
    actor: Actor
    mesh: Callable[[], Mesh]

    async def apply(self, files: Sequence[File], writer: Writer) -> Applied:
        """The plane checks each object before anything is stored."""
        return self._applied(await self.plane.apply(files, writer))

    async def preview(
        self,
        files: Sequence[File],
        writer: Writer,
        supposed: PodsBySource = NO_PODS,
        promises: Sequence[str] = (),
    ) -> Applied:
        """Only what its author may apply, and only what follows for whom they see.

        Pods are supposed by operators: a tenant could ask what becomes of another's. Promises are
        about everybody's policies, and are proven for those who see them.
        """
        if promises and not self.actor.sees_all:
            raise self._refused("have promises proven, which are about all namespaces")
        if supposed and not self.actor.operates:
            raise self._refused("suppose other pods than there are")
        return self._applied(await self.plane.preview(files, writer, supposed, promises))

    async def delete(
        self, files: Sequence[File], objects: Sequence[ObjectName], writer: Writer
    ) -> Deleted:
        """A name in another namespace is refused whether or not there is such an object."""
        for each in objects:
            if not self.actor.edits(each.namespace):
                raise self._refused(f"delete in namespace {each.namespace or '(none)'}")
        return await self.plane.delete(files, objects, writer)

    def documents(
        self, kinds: frozenset[str] | None, namespace: str | None, name: str | None
    ) -> Documents:
        """Those of the actor's namespaces, Secrets without values unless they may be written."""
        if namespace and not self.actor.sees(namespace):
            raise self._refused(f"read objects of namespace {namespace}")
        held = self.plane.documents(kinds, namespace, name)
        seen = [self._document(each) for each in held.documents if self._sees_document(each)]
        return replace(held, documents=seen)

    def _sees_document(self, document: DocumentShape) -> bool:
        if document.namespace:
            return self.actor.sees(document.namespace)
        if document.kind == "Namespace":
            return self.actor.sees(document.name)
        return self.actor.sees_all or document.kind == "GatewayClass"

    def _document(self, document: DocumentShape) -> DocumentShape:
        if self.actor.edits(document.namespace):
            return document
        return replace(document, body=masked(document.kind, document.body))

    async def documents_changed(self, since: int, kinds: frozenset[str] | None) -> None:
        """That something changed is no secret."""
        await self.plane.documents_changed(since, kinds)

    async def observe(self, source: str, observation: ObservationBody) -> None:
        """What is seen of the world decides for everybody."""
        raise self._refused("report observations")

    def services(self) -> Services:
        """Those of the actor's namespaces, and those that are exported to one of them."""
        held = self.plane.services()
        return replace(held, services=[each for each in held.services if self._calls(each)])

    def _calls(self, service: ServiceShape) -> bool:
        return self.actor.sees(service.namespace) or self._may_call(service.host)

    def _may_call(self, host: str) -> bool:
        mesh = self.mesh()
        return any(service_for(mesh, host, each) for each in self.actor.namespaces)

    def revision(self, topic: Topic) -> int:
        """The plane's own."""
        return self.plane.revision(topic)

    async def changed(self, topic: Topic, since: int) -> None:
        """That something changed is no secret."""
        await self.plane.changed(topic, since)

    def status(self) -> Status:
        """The proxies of the actor's namespaces; of the plane itself, not where it learns from."""
        held, redaction = self.plane.status(), self._redaction()
        sources = held.plane.sources if self.actor.sees_all else {}
        seen = [redaction.shape(each) for each in held.proxies if self._sees_key(each.pod)]
        return Status(replace(held.plane, sources=sources), seen)

    def _sees_key(self, key: str | None) -> bool:
        """Whether `NAMESPACE/NAME` lies where the actor may read."""
        namespace, slash, _ = (key or "").partition("/")
        return bool(slash) and self.actor.sees(namespace)

    def findings(self) -> Findings:
        """Those on objects that the actor may read, without names of others."""
        return Findings(self._findings(self.plane.findings().findings))

    def _findings(self, findings: Sequence[FindingShape]) -> list[FindingShape]:
        redaction = self._redaction()
        return [redaction.shape(each) for each in findings if self._sees_object(each.object)]

    def _sees_object(self, name: str) -> bool:
        """Whether `Kind ns/name` may be read; of objects without namespace, whoever sees all."""
        place = name.rpartition(" ")[2]
        return self.actor.sees_all or self._sees_key(place)

    def traffic(self) -> Traffic:
        """The calls from and to workloads of the actor's namespaces."""
        held = self.plane.traffic()
        edges = [
            each
            for each in held.edges
            if self.actor.sees_all
            or self._sees_key(each.source)
            or self._sees_key(each.destination)
        ]
        return replace(held, edges=[self._edge(each) for each in edges])

    def _edge(self, edge: EdgeRow) -> EdgeRow:
        """What rules refused is told to whoever may read those of the destination."""
        own = self.actor.sees_all or self._sees_key(edge.destination)
        return edge if own else replace(edge, denied=UNSET)

    async def mtls(self) -> MtlsEvidence:
        """The calls from and to workloads of the actor's namespaces, and their modes."""
        held = await self.plane.mtls()
        return scoped_evidence(held, self._sees_workload, self._redaction())

    async def policy_report(self, namespace: str, since: str) -> PolicyReport:
        """What was decided where calls to the actor's workloads arrive."""
        held = await self.plane.policy_report(namespace, since)
        return scoped_report(held, self._sees_workload, self._redaction())

    def _sees_workload(self, name: str) -> bool:
        return self.actor.sees_all or self._sees_key(name)

    def proxy(self, namespace: str, pod: str) -> ProxyResources:
        """Of a pod of the actor's namespaces; what decided it is named where it may be."""
        if not self.actor.sees(namespace):
            raise self._refused(f"read proxies of namespace {namespace}")
        redaction, held = self._redaction(), self.plane.proxy(namespace, pod)
        return {
            kind: {name: redaction.shape(each) if each else None for name, each in named.items()}
            for kind, named in held.items()
        }

    def metrics(self) -> str:
        """The plane's own numbers."""
        return self.plane.metrics()

    async def explain(self, call: CallBody) -> ExplanationShape:
        """A call of a pod of the actor's namespaces."""
        if call.source == _OUTSIDE and not self.actor.sees_all:
            raise self._refused("explain calls from outside, whose gateways are everybody's")
        if call.source != _OUTSIDE and not self._sees_key(call.source):
            raise self._refused(f"explain calls of {call.source}")
        return self._redaction().shape(await self.plane.explain(call))

    def identity(self) -> IdentityStatus:
        """The authority is everybody's; whom a rotation waits for is of all namespaces."""
        if not self.actor.sees_all:
            raise self._refused("read the state of the mesh's authority")
        return self.plane.identity()

    def rotate(self, body: RotateBody) -> IdentityStatus:
        """Whom the mesh believes, it believes for everybody."""
        raise self._refused("exchange the root of the mesh")

    async def can(self, asked: CanBody) -> CanShape:
        """Both ends are of the actor's namespaces; a service may be one that is exported there.

        Of others it is not told whether they exist.
        """
        known = self._sees_party(asked.source) and self._sees_destination(asked.destination)
        if not self.actor.sees_all and not known:
            raise self._refused(f"ask whether {asked.source} may call {asked.destination}")
        return self._redaction().shape(await self.plane.can(asked))

    def _sees_party(self, name: str) -> bool:
        """Of `NS/NAME`, `sa/NS/NAME` and `svc/NS/NAME`; what is outside is nobody's."""
        parts = name.split("/")
        return len(parts) > 1 and self.actor.sees(parts[-2])

    def _sees_destination(self, name: str) -> bool:
        kind, _, rest = name.partition("/")
        namespace, _, service = rest.partition("/")
        exported = kind == "svc" and self._may_call(f"{service}.{namespace}.svc.{CLUSTER_DOMAIN}")
        return exported or self._sees_party(name)

    async def segments(self, asked: SegmentsBody) -> SegmentsShape:
        """Whoever sees all namespaces sees who may call whom."""
        if not self.actor.sees_all:
            raise self._refused("read who may call whom in all namespaces")
        return await self.plane.segments(asked)

    async def rules(self, asked: RulesBody) -> RulesPlaces:
        """The rules of objects that the actor may read."""
        held = await self.plane.rules(asked)
        return RulesPlaces([self._rule(each) for each in held.rules])

    def _rule(self, rule: RulePlaces) -> RulePlaces:
        because = [each for each in rule.because if self._sees_object(each.object or "")]
        return replace(rule, because=because)

    async def prove(self, promises: Sequence[str]) -> Proofs:
        """The route demands a viewer of all namespaces: a proof names anybody's policies."""
        return await self.plane.prove(promises)

    async def ban(self, body: BanBody) -> BannedShape:
        """Whom the mesh refuses, it refuses for everybody."""
        raise self._refused("ban an identity")

    async def lift(self, body: LiftBody) -> BansShape:
        """The same the other way round."""
        raise self._refused("lift a ban")

    def bans(self) -> BansShape:
        """The list names identities of all namespaces."""
        raise self._refused("read who is banned")

    def health(self) -> Health:
        """The plane's own."""
        return self.plane.health()

    def _applied(self, applied: Applied) -> Applied:
        redaction = self._redaction()
        known = replace(applied, findings=self._findings(applied.findings))
        if not isinstance(applied.proxies, list) or not isinstance(applied.calls, list):
            return known
        if isinstance(applied.seen, SeenCalls):
            seen = scoped_breaks(applied.seen, self._sees_workload, redaction)
            known = replace(known, seen=seen)
        return replace(
            known,
            proxies=[redaction.shape(p) for p in applied.proxies if self._sees_key(p.pod)],
            calls=[redaction.shape(c) for c in applied.calls if self._sees_key(c.source)],
        )

    def _redaction(self) -> Redaction:
        """What this actor may not be told by name, at this moment."""
        hidden = () if self.actor.sees_all else self._hidden()
        return Redaction(hidden, self._may_call)

    def _hidden(self) -> set[str]:
        mesh = self.mesh()
        known = {ref.namespace for ref in mesh.contributions if ref.namespace}
        known |= {key.name.partition("/")[0] for key in mesh.facts if key.table == _PODS}
        return {each for each in known if not self.actor.sees(each)} - {ROOT_NAMESPACE}

    def _refused(self, what: str) -> AccessRefused:
        return AccessRefused(
            403,
            f"{self.actor.name} ({described(self.actor.grants)}) may not {what}. Nothing was done. "
            "Ask an operator of this mesh for a role there",
        )


_PODS = tables.PODS.name
