"""Each issuance is a line of a chain: what was changed, dropped or cut off is seen, and where."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest

from gossamer.identity.issuance.entry import IdentityEvent
from gossamer.identity.issuance.log import IssuanceLog
from gossamer.identity.issuance.reading import entries, new_entries
from gossamer.identity.issuance.verify import verify

NOW = datetime(2030, 5, 1, 12, tzinfo=UTC)
CART = IdentityEvent("issued", "spiffe://cluster.local/ns/shop/sa/cart", "spiffe://cluster.local/x")


def log_in(folder: Path, **bounds: int) -> IssuanceLog:
    return IssuanceLog(folder / "log", lambda: NOW, **bounds)


def written(folder: Path, count: int, **bounds: int) -> Path:
    """A log of so many lines."""
    log = log_in(folder, **bounds)
    for number in range(count):
        log.append(IdentityEvent("issued", CART.spiffe, CART.asked_by, serial=f"{number:x}"))
    return folder / "log" / "issuance.jsonl"


def test_a_line_says_what_was_issued_and_holds_on_to_the_one_before(tmp_path: Path) -> None:
    """A line is JSON that people and programs read, in a file of its owner's alone."""
    path = written(tmp_path, 2)
    first, second = map(json.loads, path.read_text().splitlines())
    assert (first["sequence"], first["previous"]) == (1, "0" * 64)
    assert (second["sequence"], second["previous"]) == (2, first["digest"])
    assert second["spiffe"] == CART.spiffe
    assert second["time"] == "2030-05-01T12:00:00Z"
    assert path.stat().st_mode & 0o777 == 0o600
    assert verify(tmp_path / "log").problem == ""


def _changed(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], lines[2].replace(b"/sa/cart", b"/sa/evil"), *lines[3:]]


def _dropped(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], *lines[3:]]


def _swapped(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], lines[3], lines[2], *lines[4:]]


def _twice(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], lines[1], *lines[2:]]


def _garbage(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], b"garbage", *lines[3:]]


@pytest.mark.parametrize("change", [_changed, _dropped, _swapped, _twice, _garbage])
def test_a_broken_chain_says_which_line(tmp_path: Path, change: object) -> None:
    """Whatever was done to the third line, verification names the third line."""
    path = written(tmp_path, 5)
    path.write_bytes(b"\n".join(change(path.read_bytes().splitlines())) + b"\n")  # type: ignore[operator]
    seen = verify(tmp_path / "log")
    assert seen.lines == 2
    assert f"{path}:3: " in seen.problem


def test_an_end_that_was_removed_is_missed(tmp_path: Path) -> None:
    """A chain alone would not tell: its head stands in a file of its own."""
    path = written(tmp_path, 5)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:3]))
    assert "ends at line 3 and was 5 lines long" in verify(tmp_path / "log").problem


def test_a_log_that_was_written_anew_is_noticed(tmp_path: Path) -> None:
    """As many lines as before, and a chain that holds, but not the one that was written."""
    path = written(tmp_path, 3)
    other = written(tmp_path / "elsewhere", 2)
    log_in(tmp_path / "elsewhere").append(CART)
    path.write_bytes(other.read_bytes())
    assert "not the one that was written" in verify(tmp_path / "log").problem


def test_a_torn_last_line_is_repaired_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A kill while writing costs the line of a certificate that nobody got, and no other."""
    path = written(tmp_path, 2)
    with path.open("ab") as file:
        file.write(b'{"sequence":3,"time":"20')
    log_in(tmp_path).append(CART)
    assert [each.sequence for each in entries(tmp_path / "log")] == [1, 2, 3]
    assert verify(tmp_path / "log").problem == ""
    assert "issuance-log-repaired" in caplog.text


def test_threads_and_processes_write_one_chain(tmp_path: Path) -> None:
    """Two writers that know nothing of each other never fork it."""
    logs = [log_in(tmp_path), log_in(tmp_path)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: logs[number % 2].append(CART), range(40)))
    seen = verify(tmp_path / "log")
    assert (seen.lines, seen.problem) == (40, "")


def test_a_long_log_is_bounded_and_its_chain_goes_on(tmp_path: Path) -> None:
    """Full files are put aside, the oldest leave, and what is kept still verifies as a whole."""
    written(tmp_path, 60, segment_bytes=1000, kept=3)
    kept = entries(tmp_path / "log")
    assert len(list((tmp_path / "log").glob("issuance-*.jsonl"))) == 3
    assert kept[0].sequence > 1
    assert kept[-1].sequence == 60
    seen = verify(tmp_path / "log")
    assert (seen.lines, seen.problem) == (len(kept), "")


def test_a_line_dropped_between_two_files_is_missed(tmp_path: Path) -> None:
    """The chain leads from one file to the next."""
    written(tmp_path, 20, segment_bytes=1000)
    second = sorted((tmp_path / "log").glob("issuance-*.jsonl"))[1]
    second.write_bytes(b"".join(second.read_bytes().splitlines(keepends=True)[1:]))
    assert f"{second}:1: " in verify(tmp_path / "log").problem


def test_a_damaged_log_stops_no_issuance(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The mesh goes on; verification points at the damage, not at what came after."""
    path = written(tmp_path, 2)
    path.write_bytes(path.read_bytes().replace(b'"serial":"1"', b'"serial":"9"'))
    log_in(tmp_path).append(CART)
    assert f"{path}:2: " in verify(tmp_path / "log").problem
    assert entries(tmp_path / "log")[-1].sequence == 3
    assert "issuance-log-broken" in caplog.text


def test_new_entries_are_seen_as_they_come(tmp_path: Path) -> None:
    """Whoever follows sees each entry once, over the border of two files too."""
    log = log_in(tmp_path, segment_bytes=500)
    log.append(CART)
    seen = new_entries(tmp_path / "log", 1, lambda: log.append(CART))
    assert [each.sequence for each in islice(seen, 5)] == [2, 3, 4, 5, 6]


def test_no_log_is_no_fault(tmp_path: Path) -> None:
    """Before the first issuance there is nothing to verify."""
    assert verify(tmp_path / "nothing").problem == ""
    assert entries(tmp_path / "nothing") == []


def test_only_the_last_entries_are_given_where_asked(tmp_path: Path) -> None:
    """A log of years is not printed whole."""
    written(tmp_path, 6)
    assert [each.serial for each in entries(tmp_path / "log", 2)] == ["4", "5"]
