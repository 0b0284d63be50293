"""The road of a change, on one screen: documents and observed facts in, notified proxies out.

    documents -> dialects -> contributions -+
                                            +-> assemble -> catalog -> subscriptions -> streams
    sources -> observed facts --------------+

Everything here runs on one event loop and never waits; I/O is at the rim (store, API, xDS).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from gossamer.dialects.read import read_manifest
from gossamer.manifests.manifest import Manifest
from gossamer.manifests.read import read_text
from gossamer.model.assembly.assemble import assemble
from gossamer.model.assembly.change import Change
from gossamer.model.finding import Finding
from gossamer.model.fragment import YOUNGEST, Contribution
from gossamer.model.mesh import Mesh
from gossamer.model.observed import NOTHING_OBSERVED, Observed
from gossamer.model.origin import ObjectRef
from gossamer.plane.findings.findings import FindingsIndex
from gossamer.plane.findings.quarantine import Quarantine
from gossamer.plane.resources.catalog import Catalog
from gossamer.plane.resources.index import Index
from gossamer.plane.resources.proxy_subscription import Notify, ProxySubscription
from gossamer.store.document import Document, DocumentKey


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A stored document as it was read, and what there is to say about it."""

    document: Document
    manifest: Manifest | None
    findings: tuple[Finding, ...]


def read_document(document: Document) -> tuple[ReadDocument, Contribution | None]:
    """What a document says. Whatever its text, this returns; errors are findings."""
    manifests, problems = read_text(document.body, document.file, first_line=document.line)
    if not manifests:
        return ReadDocument(document, None, problems), None
    reading = read_manifest(manifests[0], document.age)
    return ReadDocument(document, manifests[0], problems + reading.findings), reading.contribution


class Pipeline:
    """The mesh in motion."""

    def __init__(self) -> None:
        self.documents: dict[DocumentKey, ReadDocument] = {}
        self.catalog = Catalog(Mesh())
        self.subscriptions: Index[ProxySubscription] = Index()
        self.checked = FindingsIndex()
        self.quarantine = Quarantine(
            lambda: self.mesh, lambda entry: self.catalog.entry(entry).compiled, self.advance
        )
        self.listeners: set[Callable[[Change], None]] = set()
        self.turn = 0

    @property
    def mesh(self) -> Mesh:
        """The present snapshot."""
        return self.catalog.mesh

    def absorb(self, documents: Mapping[DocumentKey, Document | None]) -> int:
        """Take documents that came, changed or went (None); how many resources differ for it.

        An object whose new text is refused keeps what its last good text said.
        """
        contributions: dict[ObjectRef, Contribution | None] = {}
        for key, document in documents.items():
            before = self.documents.pop(key, None)
            if document is None:
                contributions |= _withdrawn(before)
                continue
            held, contribution = read_document(document)
            self.documents[key] = held
            if contribution is not None:
                contributions[contribution.object] = contribution
        return self.advance(self.quarantine.admit(contributions))

    def advance(
        self,
        contributions: Mapping[ObjectRef, Contribution | None],
        observed: Observed = NOTHING_OBSERVED,
    ) -> int:
        """Assemble the next mesh, recompile what it touches, tell whoever holds that."""
        mesh, change = assemble(self.mesh, contributions, observed)
        self.checked.touch(change, contributions)
        if not change:
            self.catalog.mesh = mesh  # lines may have moved
            return 0
        self.turn += 1
        changed = self.catalog.advance(mesh, change)
        for subscription in self.subscriptions.touched(change):
            subscription.refresh()
        for listen in tuple(self.listeners):
            listen(change)
        return changed

    def stand(self, pod: str, tell: Notify, eager: bool = False) -> ProxySubscription:
        """A proxy connected: what it stands to receive. `eager` if it was made so before."""
        return ProxySubscription(self.catalog, self.subscriptions, pod, tell, eager)

    def aged(self, contribution: Contribution) -> Contribution:
        """The contribution as old as its object is here; new objects sort last."""
        known = self.mesh.contributions.get(contribution.object)
        if known is None or contribution.created != YOUNGEST:
            return contribution
        return replace(contribution, created=known.created)

    def findings(self) -> tuple[Finding, ...]:
        """All there is to say of the documents in force, in their order; then what checks found."""
        withheld = self.quarantine.findings()
        return (*self._read_findings(), *withheld, *self.checked.all(self.mesh))

    def findings_on(self, objects: Iterable[ObjectRef]) -> tuple[Finding, ...]:
        """What the checks found on these objects in the company of all others."""
        return self.checked.of(self.mesh, objects)

    def _read_findings(self) -> Iterator[Finding]:
        return (f for key in sorted(self.documents) for f in self.documents[key].findings)


def _withdrawn(before: ReadDocument | None) -> Mapping[ObjectRef, None]:
    return {before.manifest.ref: None} if before and before.manifest else {}
