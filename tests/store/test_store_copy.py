"""The second file: whatever happens to the first, what was acknowledged is there again."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from gossamer.store.copy import KEPT_ASIDE, set_aside
from gossamer.store.document import Delete, Document, DocumentKey, Put
from gossamer.store.failure import StoreDamaged
from gossamer.store.sqlite import SqliteStore

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def _document(name: str, body: bytes = b"secret" * 100) -> Document:
    return Document(DocumentKey("Service", "default", name), body, "mesh.yaml", 1)


async def _filled(path: Path) -> list[Document]:
    """What a store holds that was written in several steps, one of them a deletion."""
    store = await SqliteStore.open(path, lambda: NOON)
    for step in range(5):
        await store.write([Put(_document(f"n{step}-{i}")) for i in range(10)])
    await store.delete(_document("n2-3").key)
    held = list((await store.list()).documents)
    await store.close()
    return held


async def _held(path: Path) -> list[Document]:
    store = await SqliteStore.open(path, lambda: NOON)
    held = list((await store.list()).documents)
    await store.close()
    return held


def _copy(path: Path) -> Path:
    return path.with_name("store-copy.db")


def _flip(path: Path, place: int) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        byte = file.read(1)
        file.seek(place)
        file.write(bytes([byte[0] ^ 0xFF]))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


async def test_a_damaged_document_comes_back_from_the_copy(path: Path) -> None:
    """The damaged file is set aside, and both files are whole again."""
    held = await _filled(path)
    _flip(path, path.read_bytes().index(b"secret"))
    assert await _held(path) == held
    assert [each.name for each in set_aside(path.parent)] == ["store.db.damaged-20260101-120000"]
    _copy(path).unlink()
    assert await _held(path) == held


async def test_a_damaged_copy_is_made_anew(path: Path) -> None:
    """The next damage of the first file finds a good one."""
    held = await _filled(path)
    _flip(_copy(path), _copy(path).read_bytes().index(b"secret"))
    assert await _held(path) == held
    assert set_aside(path.parent) == ()
    _flip(path, path.read_bytes().index(b"secret"))
    assert await _held(path) == held


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(strategies.data())
async def test_any_one_byte_in_either_file_loses_nothing(
    tmp_path_factory: pytest.TempPathFactory, data: strategies.DataObject
) -> None:
    """Wherever the byte lies, header and free pages included."""
    path = tmp_path_factory.mktemp("flip") / "store.db"
    held = await _filled(path)
    victim = data.draw(strategies.sampled_from([path, _copy(path)]))
    _flip(victim, data.draw(strategies.integers(0, victim.stat().st_size - 1)))
    assert await _held(path) == held
    assert await _held(path) == held


@pytest.mark.parametrize("word", [b"created_revision", b"NOT NULL", b"value", b"changes_by_key"])
async def test_a_changed_table_is_damage(path: Path, word: bytes) -> None:
    """SQLite takes a column of another name, or one without its constraint, for what was meant."""
    held = await _filled(path)
    _flip(path, path.read_bytes().index(word) + 3)
    assert await _held(path) == held
    assert set_aside(path.parent) != ()


async def test_a_cut_log_is_seen_by_the_copy(path: Path) -> None:
    """SQLite takes a log only up to the first frame that fails its sum, and says nothing."""
    store = await SqliteStore.open(path, lambda: NOON)
    await store.put(_document("early"))
    await store.put(_document("late"))
    log, first = path.with_name("store.db-wal"), path.read_bytes()
    logged = bytearray(log.read_bytes())
    copies = {each.name: each.read_bytes() for each in path.parent.glob("store-copy.db*")}
    await store.close()
    logged[-10] ^= 0xFF
    path.write_bytes(first)  # as a SIGKILL leaves it: the log is not merged
    log.write_bytes(logged)
    for name, content in copies.items():
        path.with_name(name).write_bytes(content)
    assert [each.key.name for each in await _held(path)] == ["early", "late"]


async def test_a_lost_first_file_comes_back(path: Path) -> None:
    """Only who removes both starts afresh."""
    held = await _filled(path)
    path.unlink()
    assert await _held(path) == held
    path.unlink()
    _copy(path).unlink()
    assert await _held(path) == []


async def test_two_damaged_files_are_refused(path: Path) -> None:
    """Nothing is guessed, and nothing is thrown away."""
    await _filled(path)
    for each in (path, _copy(path)):
        _flip(each, each.read_bytes().index(b"secret"))
    with pytest.raises(StoreDamaged, match="is not as it was written"):
        await SqliteStore.open(path)
    assert path.exists()
    assert _copy(path).exists()


async def _write_on(store: SqliteStore) -> None:
    await store.write([Put(_document("more")), Delete(_document("n0-0").key)])


async def test_damage_under_a_running_plane_is_mended_by_who_meets_it(path: Path) -> None:
    """The write that meets it is answered all the same."""
    held = await _filled(path)
    store = await SqliteStore.open(path, lambda: NOON)
    _flip(path, path.read_bytes().index(b"secret"))
    assert list((await store.list()).documents) == held
    await _write_on(store)
    await store.close()
    names = {each.key.name for each in await _held(path)}
    assert names == {each.key.name for each in held} - {"n0-0"} | {"more"}


async def test_a_copy_without_room_is_told_and_catches_up(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The write is on disk once and is answered; the log says what is at risk."""
    store = await SqliteStore.open(path, lambda: NOON)
    await store.put(_document("a"))
    blocked = path.with_name("store-copy.db.new")
    blocked.mkdir()
    await store._start(lambda _: store._copy.close())
    with caplog.at_level(logging.WARNING, "gossamer.store"):
        await store.put(_document("b"))
    assert "store-copy-behind" in caplog.text
    blocked.rmdir()
    await store.put(_document("c"))
    await store.close()
    path.unlink()
    assert [each.key.name for each in await _held(path)] == ["a", "b", "c"]


async def test_few_damaged_files_are_kept(path: Path) -> None:
    """A rotting disk fills no disk."""
    held = await _filled(path)
    for day in range(KEPT_ASIDE + 2):
        _flip(path, path.read_bytes().index(b"secret"))
        store = await SqliteStore.open(path, lambda at=NOON + timedelta(day): at)  # type: ignore[misc]
        assert list((await store.list()).documents) == held
        await store.close()
    assert [each.name[-15:-7] for each in set_aside(path.parent)] == [
        "20260103",
        "20260104",
        "20260105",
    ]
