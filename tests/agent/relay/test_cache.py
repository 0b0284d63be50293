"""The last good resources of a proxy survive everything but their disk."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from gossamer.agent.relay.cache import HEADER, Cache
from gossamer.contract.type_urls import CLUSTER, SECRET
from gossamer.xds import wire
from gossamer.xds.frame import Resource, frame_resource


def _resource(name: str, version: str = "1", body: bytes = b"body") -> Resource:
    return frame_resource(CLUSTER, name, version, body)


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    """A new life of the agent finds the latest of each resource, and nothing that was lost."""
    log = Cache(tmp_path / "cache")
    log.write([(CLUSTER, "a", _resource("a")), (CLUSTER, "b", _resource("b"))])
    log.write([(CLUSTER, "a", _resource("a", "2")), (CLUSTER, "b", None)])
    assert Cache(tmp_path / "cache").resources() == {CLUSTER: {"a": _resource("a", "2")}}


def test_the_log_is_private(tmp_path: Path) -> None:
    """Nobody else reads what a proxy is configured with."""
    Cache(tmp_path / "cache").write([(CLUSTER, "a", _resource("a"))])
    assert stat.S_IMODE((tmp_path / "cache").stat().st_mode) == 0o600


@pytest.mark.parametrize("torn", range(1, 60, 7))
def test_a_torn_tail_costs_the_last_record_only(tmp_path: Path, torn: int) -> None:
    """A crash in the middle of a write loses that write; the next one is kept again."""
    path = tmp_path / "cache"
    log = Cache(path)
    log.write([(CLUSTER, "a", _resource("a"))])
    log.write([(CLUSTER, "b", _resource("b", "1", b"x" * 60))])
    path.write_bytes(path.read_bytes()[:-torn])
    again = Cache(path)
    assert list(again.resources()[CLUSTER]) == ["a"]
    again.write([(CLUSTER, "c", _resource("c"))])
    assert list(Cache(path).resources()[CLUSTER]) == ["a", "c"]


def test_a_flipped_byte_costs_one_record(tmp_path: Path) -> None:
    """Wherever behind the header it lies: all other records are believed, in their order, and the
    next write makes the log whole."""
    path = tmp_path / "cache"
    log = Cache(path)
    for name in "abcd":
        log.write([(CLUSTER, name, _resource(name))])
    whole = path.read_bytes()
    for place in range(len(HEADER), len(whole)):
        data = bytearray(whole)
        data[place] ^= 0xFF
        path.write_bytes(data)
        damaged = Cache(path)
        left = list(damaged.resources()[CLUSTER])
        assert len(left) == 3, place
        assert left == sorted(left), place
        damaged.write([(CLUSTER, "e", _resource("e"))])
        assert list(Cache(path).resources()[CLUSTER]) == [*left, "e"], place


def test_another_version_of_the_format_is_not_guessed_at(tmp_path: Path) -> None:
    """A log that a different release wrote is started anew."""
    path = tmp_path / "cache"
    path.write_bytes(b"gossamer-cache 9\nsomething")
    log = Cache(path)
    assert log.resources() == {}
    log.write([(CLUSTER, "a", _resource("a"))])
    assert list(Cache(path).resources()[CLUSTER]) == ["a"]


def test_history_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A resource that changes for ever does not grow the file for ever."""
    monkeypatch.setattr("gossamer.agent.relay.cache.HISTORY_AT_MOST", 2000)
    path = tmp_path / "cache"
    log = Cache(path)
    for version in range(500):
        log.write([(CLUSTER, "a", _resource("a", str(version)))])
    assert path.stat().st_size < 3000
    assert Cache(path).resources()[CLUSTER]["a"].version == "499"


def test_keys_stay_off_the_disk(tmp_path: Path) -> None:
    """A secret with a private key is never written; one with trust anchors is."""
    key = frame_resource(SECRET, "gateway|x", "1", wire.text(1, "x") + wire.field(2, b"KEY"))
    roots = frame_resource(SECRET, "roots", "1", wire.text(1, "roots") + wire.field(4, b"CA"))
    path = tmp_path / "cache"
    Cache(path).write([(SECRET, "gateway|x", key), (SECRET, "roots", roots)])
    assert b"KEY" not in path.read_bytes()
    assert list(Cache(path).resources()[SECRET]) == ["roots"]


def test_after_a_failed_write_the_log_is_made_whole(tmp_path: Path) -> None:
    """A full disk is reported; the next write that succeeds holds everything."""
    folder = tmp_path / "folder"
    folder.mkdir()
    log = Cache(folder / "cache")
    log.write([(CLUSTER, "a", _resource("a"))])
    (folder / "cache").rename(tmp_path / "kept")
    (folder / "cache").mkdir()
    with pytest.raises(OSError, match="directory"):
        log.write([(CLUSTER, "b", _resource("b"))])
    (folder / "cache").rmdir()
    log.write([(CLUSTER, "c", _resource("c"))])
    assert list(Cache(folder / "cache").resources()[CLUSTER]) == ["a", "b", "c"]
