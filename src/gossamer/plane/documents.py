"""Declared documents: written to the store durably, then taken into the pipeline in its order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from gossamer.dialects.read import read_manifest
from gossamer.manifests.manifest import Manifest
from gossamer.manifests.read import read_text
from gossamer.manifests.yaml.duplicates import duplicates
from gossamer.model.finding import Finding, Severity
from gossamer.model.fragment import Contribution
from gossamer.plane.access.editing import ObjectChange
from gossamer.plane.pipeline import Pipeline, ReadDocument
from gossamer.store.document import (
    Change,
    Delete,
    Document,
    DocumentKey,
    Event,
    Put,
    WriteOutcome,
    WriteResult,
    document_of,
)
from gossamer.store.failure import Compacted
from gossamer.store.paths import File
from gossamer.store.verbs import Store


@dataclass(frozen=True, slots=True)
class DocumentsRead:
    """What files say: the manifests that may be stored, and the findings on all of them.

    `readable` is what refused objects would contribute at least, once they are fixed.
    """

    manifests: tuple[Manifest, ...]
    findings: tuple[Finding, ...]
    contributions: tuple[Contribution, ...] = ()
    readable: tuple[Contribution, ...] = ()


def read_files(files: Iterable[File]) -> DocumentsRead:
    """Read files; an object that its dialect refuses as a whole is not among the manifests.

    So the store keeps an object's last good text, and a bad one never displaces it.
    """
    kept: list[Manifest] = []
    findings: list[Finding] = []
    contributions: list[Contribution] = []
    readable: list[Contribution] = []
    for file in files:
        manifests, problems = read_text(file.raw, file.name)
        findings.extend(problems)
        for manifest in manifests:
            reading = read_manifest(manifest)
            findings.extend(reading.findings)
            errors = any(finding.severity is Severity.ERROR for finding in reading.findings)
            if reading.contribution is not None or not errors:
                kept.append(manifest)
            if reading.contribution is not None:
                contributions.append(reading.contribution)
            if reading.readable is not None:
                readable.append(reading.readable)
    findings.extend(duplicates(kept))
    return DocumentsRead(tuple(kept), tuple(findings), tuple(contributions), tuple(readable))


def keys_in(files: Iterable[File]) -> list[DocumentKey]:
    """The objects that files name, once each; kind and name are enough, whatever else they say."""
    named = (manifest for file in files for manifest in read_text(file.raw, file.name)[0])
    return list(dict.fromkeys(DocumentKey(m.group_kind, m.namespace, m.name) for m in named))


def writes(manifests: Iterable[Manifest]) -> list[Change]:
    """The puts for these manifests; the last of two with one name counts."""
    return [Put(document) for document in {d.key: d for d in map(document_of, manifests)}.values()]


def changes_by(
    reading: DocumentsRead, held: Mapping[DocumentKey, ReadDocument]
) -> list[ObjectChange]:
    """What storing these manifests changes, once an object: the last of two with one name
    counts."""
    added = {each.object: each for each in reading.contributions}
    last = {DocumentKey(m.group_kind, m.namespace, m.name): m for m in reading.manifests}
    return [
        ObjectChange(key, _manifest(held.get(key)), manifest, added.get(manifest.ref))
        for key, manifest in last.items()
    ]


def removals(
    keys: Iterable[DocumentKey], held: Mapping[DocumentKey, ReadDocument]
) -> list[ObjectChange]:
    """What removing these objects changes; one that is not there changes nothing."""
    return [ObjectChange(key, _manifest(held.get(key)), None) for key in keys]


def _manifest(held: ReadDocument | None) -> Manifest | None:
    return held.manifest if held else None


Kinds = frozenset[str] | None
"""Kinds of documents, with or without their group; None is any."""


class StoreFollower:
    """Follows the store: what is written there reaches the pipeline, batch by batch."""

    def __init__(self, store: Store, pipeline: Pipeline, on_change: Callable[[], None]) -> None:
        self._store = store
        self._pipeline = pipeline
        self._told = on_change
        self._waiting: dict[DocumentKey, Document | None] = {}
        self._arrived = 0
        self._moved = asyncio.Event()
        self._ended = False
        self._moved_at: dict[str, int] = {}
        self.revision = 0

    async def load(self) -> None:
        """Take in all that the store holds."""
        listing = await self._store.list()
        known = dict.fromkeys(self._pipeline.documents)
        self._waiting = {**known, **{each.key: each for each in listing.documents}}
        self._arrived = listing.revision
        self._flush()

    async def follow(self) -> None:
        """Take in every change, for ever; lists anew where the store has forgotten some."""
        while True:
            try:
                async for event in self._store.watch(self.revision):
                    self._take(event)
                return
            except Compacted:
                await self.load()

    async def write(self, changes: Sequence[Change]) -> WriteResult:
        """Write durably; returns when the pipeline has taken it in."""
        written = await self._store.write(changes)
        while self.revision < written.revision:
            await self.changed(self.revision)
        return written

    async def changed(self, since: int, kinds: Kinds = None) -> None:
        """Returns once the revision is another than `since` by a document of these kinds (None:
        of any), or the plane ends."""
        while not self._is_news(since, kinds) and not self._ended:
            await self._moved.wait()

    def _is_news(self, since: int, kinds: Kinds) -> bool:
        """A revision that is ahead of ours is another store's."""
        if kinds is None or since > self.revision:
            return self.revision != since
        return any(self._moved_at.get(kind, 0) > since for kind in kinds)

    def end(self) -> None:
        """The plane ends: nobody waits for news any more."""
        self._ended = True
        self._moved.set()

    def outcomes_if_written(self, changes: Sequence[Change]) -> list[WriteOutcome]:
        """What writing would do, with nothing written."""
        return [self._outcome(change) for change in changes]

    def _outcome(self, change: Change) -> WriteOutcome:
        held = self._pipeline.documents.get(
            change.key if isinstance(change, Delete) else change.document.key
        )
        if isinstance(change, Delete):
            return WriteOutcome.DELETED if held else WriteOutcome.NOT_FOUND
        if held is None:
            return WriteOutcome.CREATED
        same = held.document.body == change.document.body
        return WriteOutcome.UNCHANGED if same else WriteOutcome.CONFIGURED

    def _take(self, event: Event) -> None:
        """Events of one write come without a pause between them; they are absorbed as one."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._flush)
        self._waiting[event.key] = event.document
        self._arrived = event.revision

    def _flush(self) -> None:
        batch, self._waiting = self._waiting, {}
        self._pipeline.absorb(batch)
        self.revision = self._arrived
        for key in batch:
            self._moved_at[key.kind] = self._moved_at[key.group_kind] = self.revision
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()
        self._told()
