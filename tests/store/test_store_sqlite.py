"""The embedded store: durable, atomic, watched, and clear when its file fails it."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gossamer.manifests.read import read_text
from gossamer.store.document import (
    ABSENT,
    Delete,
    Document,
    DocumentKey,
    Event,
    Put,
    WriteOutcome,
    document_of,
)
from gossamer.store.failure import Compacted, Conflict, StoreDamaged, StoreUnavailable
from gossamer.store.sqlite import SqliteStore

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def _key(name: str, kind: str = "networking.istio.io/VirtualService") -> DocumentKey:
    return DocumentKey(kind, "default", name)


def _document(name: str, body: bytes = b"a: 1\n", line: int = 1) -> Document:
    return Document(_key(name), body, "mesh.yaml", line)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    opened = await SqliteStore.open(tmp_path / "store.db", lambda: NOON, keep=10)
    yield opened
    await opened.close()


async def _next(events: AsyncIterator[Event], count: int) -> list[tuple[int, str, bool]]:
    found: list[tuple[int, str, bool]] = []
    async with asyncio.timeout(10):
        while len(found) < count:
            event = await anext(events)
            found.append((event.revision, event.key.name, event.document is not None))
    return found


async def test_what_is_put_is_listed_with_its_history(store: SqliteStore) -> None:
    """A change keeps the creation and moves the revision."""
    assert await store.put(_document("a")) == 1
    assert await store.put(_document("b")) == 2
    assert await store.put(_document("a", b"a: 2\n")) == 3
    listing = await store.list()
    assert listing.revision == 3
    assert [document.key.name for document in listing.documents] == ["a", "b"]
    first = listing.documents[0]
    assert (first.body, first.created_revision, first.revision) == (b"a: 2\n", 1, 3)
    assert first.created_at == NOON


async def test_listing_chooses_by_kind_namespace_and_name(store: SqliteStore) -> None:
    """A kind is named with or without its group."""
    service = Document(DocumentKey("Service", "shop", "a"), b"x", "f")
    await store.write([Put(service), Put(_document("a")), Put(_document("b"))])
    assert len((await store.list(kind="VirtualService")).documents) == 2
    assert len((await store.list(kind="networking.istio.io/VirtualService")).documents) == 2
    assert [d.key for d in (await store.list(namespace="shop")).documents] == [service.key]
    assert len((await store.list(name="a")).documents) == 2
    assert (await store.list(kind="Service", name="b")).documents == ()


async def test_an_equal_put_makes_no_revision(store: SqliteStore) -> None:
    """Applying the same files again changes nothing, and tells nobody."""
    changes = [Put(_document("a")), Put(_document("b"))]
    first = await store.write(changes)
    again = await store.write(changes)
    assert first.outcomes == (WriteOutcome.CREATED, WriteOutcome.CREATED)
    assert (again.revision, again.outcomes) == (2, (WriteOutcome.UNCHANGED, WriteOutcome.UNCHANGED))


async def test_a_moved_document_is_unchanged_with_a_new_line(store: SqliteStore) -> None:
    """The same text elsewhere in its file counts as unchanged, and findings get the new line."""
    await store.put(_document("a", line=1))
    written = await store.write([Put(_document("a", line=7))])
    assert (written.revision, written.outcomes) == (2, (WriteOutcome.UNCHANGED,))
    assert (await store.list()).documents[0].line == 7


async def test_compare_and_swap(store: SqliteStore) -> None:
    """A write that expects another revision writes nothing and says what is there."""
    await store.put(_document("a"), expected_revision=ABSENT)
    with pytest.raises(Conflict, match="no such document and found revision 1"):
        await store.put(_document("a", b"b"), expected_revision=ABSENT)
    with pytest.raises(Conflict, match="expected revision 9"):
        await store.delete(_key("a"), expected=9)
    assert await store.put(_document("a", b"b"), expected_revision=1) == 2


async def test_a_batch_is_all_or_nothing(store: SqliteStore) -> None:
    """One conflict in a batch leaves every document as it was."""
    with pytest.raises(Conflict):
        await store.write([Put(_document("a")), Put(_document("b"), expected=5)])
    assert await store.list() == (await store.list(name="none"))
    assert (await store.list()).revision == 0


async def test_a_batch_is_born_at_once(store: SqliteStore) -> None:
    """No document of one apply is older than another, whatever their order in it."""
    await store.put(_document("z"))
    await store.write([Put(_document("b")), Put(_document("a"))])
    births = {d.key.name: d.created_revision for d in (await store.list()).documents}
    assert births == {"a": 2, "b": 2, "z": 1}


async def test_delete_tells_whether_there_was_anything(store: SqliteStore) -> None:
    """Deleting what is not there is no error and no revision."""
    await store.put(_document("a"))
    written = await store.write([Delete(_key("a")), Delete(_key("b"))])
    assert written.outcomes == (WriteOutcome.DELETED, WriteOutcome.NOT_FOUND)
    assert written.revision == 2


async def test_a_watch_tells_past_and_coming_changes_in_order(store: SqliteStore) -> None:
    """Resuming after a revision misses nothing, and goes on live."""
    await store.put(_document("a"))
    await store.put(_document("b"))
    events = store.watch(1)
    assert await _next(events, 1) == [(2, "b", True)]
    waiting = asyncio.ensure_future(_next(events, 2))
    await store.write([Delete(_key("a")), Put(_document("c"))])
    assert await waiting == [(3, "a", False), (4, "c", True)]


async def test_a_slow_watch_sees_the_latest_only(store: SqliteStore) -> None:
    """What was overtaken is left out; a document deleted meanwhile is told as deleted."""
    for body in (b"1", b"2", b"3"):
        await store.put(_document("a", body))
    await store.put(_document("b"))
    await store.delete(_key("b"))
    assert await _next(store.watch(0), 2) == [(3, "a", True), (5, "b", False)]


async def test_changes_long_ago_ask_for_a_new_listing(store: SqliteStore) -> None:
    """The log is bounded; who is behind it is told to list again, so is who is ahead."""
    for number in range(15):
        await store.put(_document(f"n{number}"))
    assert await _next(store.watch(5), 1) == [(6, "n5", True)]
    for lost in (4, 16):
        with pytest.raises(Compacted):
            await anext(store.watch(lost))


async def test_closing_ends_watches_and_later_writes(store: SqliteStore) -> None:
    """Nobody waits on a closed store."""

    async def drain() -> list[Event]:
        return [event async for event in store.watch(0)]

    waiting = asyncio.ensure_future(drain())
    await store.put(_document("a"))
    await store.close()
    async with asyncio.timeout(10):
        await waiting
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.list()


async def test_documents_outlive_the_process(tmp_path: Path) -> None:
    """Another open finds documents, revision and changes as they were."""
    path = tmp_path / "deep" / "store.db"
    first = await SqliteStore.open(path, lambda: NOON)
    await first.put(_document("a"))
    before = await first.list()
    await first.close()
    second = await SqliteStore.open(path)
    assert await second.list() == before
    assert await _next(second.watch(0), 1) == [(1, "a", True)]
    await second.close()


async def test_the_file_is_for_its_owner_only(store: SqliteStore, tmp_path: Path) -> None:
    """Secrets are among the documents: 0600, also for the files beside it."""
    await store.put(_document("a"))
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("store.db*")}
    assert modes == {0o600}


_WRITER = """
import asyncio, sys
from pathlib import Path
from gossamer.store.document import Document, DocumentKey
from gossamer.store.sqlite import SqliteStore

async def main():
    store = await SqliteStore.open(Path(sys.argv[1]))
    for number in range(10_000):
        await store.put(Document(DocumentKey("Service", "default", f"n{number}"), b"x", "f"))
        print(number, flush=True)

asyncio.run(main())
"""


async def test_nothing_acknowledged_is_lost_to_a_kill(tmp_path: Path) -> None:
    """A SIGKILL between writes loses no write that was answered, and the file opens again."""
    path = tmp_path / "store.db"
    writer = subprocess.Popen([sys.executable, "-c", _WRITER, path], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    acknowledged = [int(writer.stdout.readline()) for _ in range(50)][-1]
    writer.send_signal(signal.SIGKILL)
    rest = writer.stdout.read().split(b"\n")[:-1]
    acknowledged = int(rest[-1]) if rest else acknowledged
    writer.wait()
    writer.stdout.close()
    store = await SqliteStore.open(path)
    names = {document.key.name for document in (await store.list()).documents}
    assert {f"n{number}" for number in range(acknowledged + 1)} <= names
    await store.close()


async def test_one_control_plane_a_store(store: SqliteStore, tmp_path: Path) -> None:
    """A second one is refused at once with the reason, not with lost writes later."""
    await store.put(_document("a"))
    script = _WRITER.replace("range(10_000)", "range(1)")
    second = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, tmp_path / "store.db", stderr=asyncio.subprocess.PIPE
    )
    _, error = await second.communicate()
    assert b"Another control plane has it open" in error


def _flip(path: Path, places: Iterable[int]) -> None:
    raw = bytearray(path.read_bytes())
    for place in places:
        raw[place] ^= 0xFF
    path.write_bytes(raw)


async def _filled(path: Path) -> None:
    store = await SqliteStore.open(path)
    await store.write([Put(_document(f"n{number}", b"secret" * 100)) for number in range(50)])
    await store.close()
    path.with_name("store-copy.db").unlink()


async def test_a_flipped_bit_in_a_document_is_found(tmp_path: Path) -> None:
    """SQLite does not see it; the row's digest does, and the document is named."""
    path = tmp_path / "store.db"
    await _filled(path)
    _flip(path, [path.read_bytes().index(b"secret")])
    with pytest.raises(StoreDamaged, match=r"is not as it was written.*Put a good file"):
        await SqliteStore.open(path)


@pytest.mark.parametrize("places", [range(100), range(4096, 4200), range(100, 120)])
async def test_a_broken_page_is_refused(tmp_path: Path, places: range) -> None:
    """The store never serves from a file that fails its check."""
    path = tmp_path / "store.db"
    await _filled(path)
    _flip(path, places)
    with pytest.raises(StoreDamaged, match="damaged"):
        await SqliteStore.open(path)


async def test_another_schema_is_refused(tmp_path: Path) -> None:
    """A file of a later Gossamer is left alone."""
    path = tmp_path / "store.db"
    await _filled(path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET value = 99 WHERE name = 'schema'")
    connection.close()
    with pytest.raises(StoreUnavailable, match="schema 99"):
        await SqliteStore.open(path)


async def test_a_full_disk_refuses_the_write_and_heals(store: SqliteStore) -> None:
    """What was there stays readable; when there is room again writes go on."""
    await store.put(_document("a"))

    def limit(connection: sqlite3.Connection) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    await store._start(limit)
    with pytest.raises(StoreUnavailable, match=r"full.*Make room on its disk"):
        await store.put(_document("b", b"x" * 1_000_000))
    assert [document.key.name for document in (await store.list()).documents] == ["a"]
    assert await store.put(_document("c")) == 2


async def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The message says which file, why, and what to do."""
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(StoreUnavailable, match=r"store\.db cannot be used"):
        await SqliteStore.open(blocked / "store.db")


async def test_a_read_only_file_refuses_writes_and_reads_on(tmp_path: Path) -> None:
    """A write says that the file is read-only; documents are still listed."""
    if os.geteuid() == 0:
        pytest.skip("root writes to read-only files")
    path = tmp_path / "store.db"
    await _filled(path)
    path.chmod(0o400)
    with pytest.raises(StoreUnavailable, match="writable"):
        await SqliteStore.open(path)


async def test_a_manifest_reads_back_out_of_the_store(store: SqliteStore) -> None:
    """Text, file and line suffice: the same manifest with the same lines."""
    text = "# first\n---\napiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  a: 1\n"
    (manifest,), _ = read_text(text, "mesh.yaml")
    await store.put(document_of(manifest))
    (document,) = (await store.list()).documents
    (again,), findings = read_text(document.body, document.file, first_line=document.line)
    assert findings == ()
    assert again == manifest
    assert again.source.line(("spec", "a")) == 7
