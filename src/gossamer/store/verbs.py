"""The four verbs that every store speaks, whatever keeps its documents."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from gossamer.store.document import Change, Document, DocumentKey, Event, Listing, WriteResult


class Store(Protocol):
    """Documents by key, with a revision that grows by one for each changed document.

    A write is durable when it returns. Every verb may raise StoreUnavailable.
    """

    async def list(
        self, kind: str | None = None, namespace: str | None = None, name: str | None = None
    ) -> Listing:
        """The documents that match, in the order of their keys."""
        ...

    def watch(self, after_revision: int) -> AsyncIterator[Event]:
        """Every change after a revision, in order, for ever; a document changed twice meanwhile
        may be announced once, as it is now. Raises Compacted when the changes are no longer known:
        list again and watch from there.
        """
        ...

    async def write(self, changes: Sequence[Change]) -> WriteResult:
        """All changes or none. Raises Conflict when one does not find what it expected."""
        ...

    async def put(self, document: Document, expected_revision: int | None = None) -> int:
        """Write one document; the store's revision. Raises Conflict."""
        ...

    async def delete(self, key: DocumentKey, expected: int | None = None) -> int:
        """Remove one document if it is there; the store's revision. Raises Conflict."""
        ...

    async def close(self) -> None:
        """Let go of files; watches end."""
        ...
