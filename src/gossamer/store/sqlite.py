"""Documents in one SQLite file and its copy, durable before a write returns.

All SQL runs in one worker thread. The hop costs a lone write about 0.4 ms (1.3k a second instead
of 3.2k, measured), and a batch of 5000 documents nothing; in return neither such a batch (0.14 s)
nor the fsync of a slow disk ever stops the event loop that pushes to proxies.
Watchers keep no queue: a write rings a bell, and each watcher reads on from its own revision. What
the last write changed is kept for those who come from right before it, which spares them the hop.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from gossamer.process.clock import utc_now
from gossamer.store import rows
from gossamer.store.copy import Copy
from gossamer.store.document import (
    Change,
    Delete,
    Document,
    DocumentKey,
    Event,
    Listing,
    Put,
    WriteResult,
    select,
)
from gossamer.store.failure import StoreDamaged, StoreUnavailable
from gossamer.store.schema import FileFault, damaged, unavailable

T = TypeVar("T")

KEPT_CHANGES = 10_000
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class _Step:
    """The events from one revision to another."""

    after: int
    revision: int
    events: Sequence[Event]


def _step(connection: sqlite3.Connection, before: int, revision: int) -> _Step | None:
    """What a write changed, if that is a little; who wants more reads it from the file."""
    if not 0 < revision - before <= _CHUNK:
        return None
    return _Step(before, *rows.events_after(connection, before, _CHUNK))


class SqliteStore:
    """The embedded store. Open it with `SqliteStore.open`."""

    def __init__(
        self, path: Path, now: Callable[[], datetime] = utc_now, keep: int = KEPT_CHANGES
    ) -> None:
        self._path, self._now, self._keep = path, now, keep
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._connection: sqlite3.Connection | None = None
        self._copy = Copy(path)
        self._bell = asyncio.Event()
        self._last: _Step | None = None
        self._closed = False

    @classmethod
    async def open(
        cls, path: Path, now: Callable[[], datetime] = utc_now, keep: int = KEPT_CHANGES
    ) -> SqliteStore:
        """Open or make the file and check all of it; a damaged one is made anew from its copy.

        Raises StoreUnavailable, and StoreDamaged where the copy is damaged too.
        """
        store = cls(path, now, keep)
        try:
            await store._start(lambda _: None)  # opening checks every row
        except StoreUnavailable:
            await store.close()
            raise
        return store

    async def list(
        self, kind: str | None = None, namespace: str | None = None, name: str | None = None
    ) -> Listing:
        """The documents that match, in the order of their keys."""

        def read(connection: sqlite3.Connection) -> Listing:
            documents = rows.all_documents(connection)
            return Listing(rows.head(connection), select(documents, kind, namespace, name))

        return await self._start(read)

    async def write(self, changes: Sequence[Change]) -> WriteResult:
        """All changes or none, on disk when it returns. Raises Conflict."""
        batch = tuple(changes)

        def transact(connection: sqlite3.Connection) -> tuple[WriteResult, _Step | None]:
            now, before = self._now(), rows.head(connection)
            written = rows.commit(connection, batch, now, self._keep)
            self._copy.follow(connection, batch, now, self._keep)
            return written, _step(connection, before, written.revision)

        done = self._start(transact)
        done.add_done_callback(self._wrote)  # also when the caller has gone
        return (await asyncio.shield(done))[0]

    async def put(self, document: Document, expected_revision: int | None = None) -> int:
        """Write one document; the store's revision. Raises Conflict."""
        return (await self.write([Put(document, expected_revision)])).revision

    async def delete(self, key: DocumentKey, expected: int | None = None) -> int:
        """Remove one document if it is there; the store's revision. Raises Conflict."""
        return (await self.write([Delete(key, expected)])).revision

    async def watch(self, after_revision: int) -> AsyncIterator[Event]:
        """Every change after a revision, in order, until the store closes. Raises Compacted."""
        at = after_revision
        while not self._closed:
            bell = self._bell
            start = at
            if self._last and self._last.after == at:
                at, events = self._last.revision, self._last.events
            else:
                at, events = await self._start(partial(rows.events_after, after=at, limit=_CHUNK))
            for event in events:
                yield event
            if at == start:
                await bell.wait()

    async def close(self) -> None:
        """Close the file; watches end."""
        if not self._closed:
            self._closed = True
            await asyncio.get_running_loop().run_in_executor(self._thread, self._disconnect)
            self._thread.shutdown(wait=False)
            self._ring()

    def _wrote(self, done: asyncio.Future[tuple[WriteResult, _Step | None]]) -> None:
        if not done.cancelled() and done.exception() is None:
            self._last = done.result()[1]
        self._ring()

    def _ring(self) -> None:
        bell, self._bell = self._bell, asyncio.Event()
        bell.set()

    def _start(self, work: Callable[[sqlite3.Connection], T]) -> asyncio.Future[T]:
        if self._closed:
            raise StoreUnavailable(f"The store {self._path} is closed. Start the control plane")
        return asyncio.get_running_loop().run_in_executor(self._thread, self._work, work)

    def _work(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """In the thread: after any fault of the file the next attempt opens it anew, and damage
        is fixed by opening, so it is tried once more at once."""
        try:
            return self._try(work)
        except StoreDamaged:
            return self._try(work)

    def _try(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            self._connection = self._connection or self._copy.open_first(self._now())
            return work(self._connection)
        except rows.RowDamaged as error:
            self._disconnect()
            raise damaged(self._path, str(error)) from error
        except FileFault as error:
            self._disconnect()
            raise unavailable(self._path, error) from error

    def _disconnect(self) -> None:
        self._copy.close()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
