"""A folder of manifests as a store: what its files say now, read-only.

Each listing reads the folder and compares it with the one before; that is when a watch learns of
a change. Whoever wants to follow edits lists again when something tells of one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from gossamer.manifests.read import read_text
from gossamer.process.clock import utc_now
from gossamer.store.document import (
    Change,
    Delete,
    Document,
    DocumentKey,
    Event,
    Listing,
    Put,
    WriteResult,
    document_of,
    select,
)
from gossamer.store.failure import Compacted, StoreReadOnly, StoreUnavailable
from gossamer.store.paths import PathProblem, files_in, read_file


class DirectoryStore:
    """The documents of all manifest files in a folder; of two with one key the last stays."""

    def __init__(self, folder: Path, now: Callable[[], datetime] = utc_now) -> None:
        self._folder, self._now = folder, now
        self._revision = 0
        self._documents: dict[DocumentKey, Document] = {}
        self._events: list[Event] = []
        self._scanning = asyncio.Lock()
        self._bell = asyncio.Event()
        self._closed = False

    async def list(
        self, kind: str | None = None, namespace: str | None = None, name: str | None = None
    ) -> Listing:
        """What the files say now. Raises StoreUnavailable where one cannot be read."""
        async with self._scanning:
            self._take(await asyncio.to_thread(_scan, self._folder))
        documents = tuple(document for _, document in sorted(self._documents.items()))
        return Listing(self._revision, select(documents, kind, namespace, name))

    async def watch(self, after_revision: int) -> AsyncIterator[Event]:
        """Changes that listings have seen after a revision, until the store closes."""
        at = after_revision
        if at > self._revision:
            raise Compacted(at, 1, self._revision)
        while not self._closed:
            bell = self._bell
            for event in self._events[at:]:
                at = event.revision
                yield event
            if at == self._revision:
                await bell.wait()

    async def write(self, changes: Sequence[Change]) -> WriteResult:
        """Always refused: the folder belongs to its author."""
        raise StoreReadOnly(
            f"The folder {self._folder} is read, never written. "
            f"{len(changes)} changes are refused. Edit its files"
        )

    async def put(self, document: Document, expected_revision: int | None = None) -> int:
        """Always refused."""
        return (await self.write([Put(document, expected_revision)])).revision

    async def delete(self, key: DocumentKey, expected: int | None = None) -> int:
        """Always refused."""
        return (await self.write([Delete(key, expected)])).revision

    async def close(self) -> None:
        """Watches end."""
        self._closed = True
        self._ring()

    def _take(self, documents: dict[DocumentKey, Document]) -> None:
        """Remember what changed since the last listing, one revision for each document."""
        birth = self._revision + 1
        for key in sorted(self._documents.keys() | documents.keys()):
            before, after = self._documents.get(key), documents.get(key)
            if after is None:
                self._tell(key, None)
            elif before is None or _told(before) != _told(after):
                self._tell(key, self._stamped(after, before, birth))
        self._ring()

    def _stamped(self, document: Document, before: Document | None, birth: int) -> Document:
        revision = self._revision + 1
        if before is None:
            return replace(
                document, created_revision=birth, revision=revision, created_at=self._now()
            )
        return replace(
            document,
            created_revision=before.created_revision,
            revision=revision,
            created_at=before.created_at,
        )

    def _tell(self, key: DocumentKey, document: Document | None) -> None:
        self._revision += 1
        self._events.append(Event(self._revision, key, document))
        if document is None:
            del self._documents[key]
        else:
            self._documents[key] = document

    def _ring(self) -> None:
        bell, self._bell = self._bell, asyncio.Event()
        bell.set()


def _told(document: Document) -> tuple[bytes, str, int]:
    return (document.body, document.file, document.line)


def _scan(folder: Path) -> dict[DocumentKey, Document]:
    try:
        names = tuple(files_in(str(folder)))
        read_all = [read_text(read_file(name), name)[0] for name in names]
    except PathProblem as error:
        raise StoreUnavailable(str(error)) from error
    documents = (document_of(manifest) for manifests in read_all for manifest in manifests)
    return {document.key: document for document in documents}
