"""What a workload used is remembered beyond its pods."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from gossamer.agent.relay.memory import Memory
from gossamer.contract.type_urls import CLUSTER, VIRTUAL_HOST


def remember(memory: Memory, workload: str, type_url: str, names: list[str]) -> None:
    """Find names, and write those that are new."""
    memory.keep(workload, type_url, memory.remember(workload, type_url, names))


def test_names_outlive_the_agent(tmp_path: Path) -> None:
    """Names come back by workload and type, in the order they were found."""
    memory = Memory(tmp_path)
    remember(memory, "ns/web", VIRTUAL_HOST, ["80/b", "80/a"])
    remember(memory, "ns/web", VIRTUAL_HOST, ["80/a", "80/c"])
    remember(memory, "ns/web", CLUSTER, ["tcp|1.2.3.4:5"])
    remember(memory, "ns/other", CLUSTER, ["x"])
    assert Memory(tmp_path).recall("ns/web") == {
        VIRTUAL_HOST: ("80/b", "80/a", "80/c"),
        CLUSTER: ("tcp|1.2.3.4:5",),
    }


def test_the_oldest_is_forgotten_first(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """Memory is bounded."""
    monkeypatch.setattr("gossamer.agent.relay.memory.NAMES_AT_MOST", 3)
    memory = Memory(tmp_path)
    for number in range(6):
        remember(memory, "ns/web", CLUSTER, [str(number)])
    assert memory.recall("ns/web")[CLUSTER] == ("3", "4", "5")
    assert Memory(tmp_path).recall("ns/web")[CLUSTER] == ("3", "4", "5")


def test_a_torn_line_costs_itself_only(tmp_path: Path) -> None:
    """After a crash in the middle of a line the others are remembered, and later ones too."""
    memory = Memory(tmp_path)
    remember(memory, "ns/web", CLUSTER, ["a"])
    remember(memory, "ns/web", CLUSTER, ["b"])
    file = tmp_path / "ns.web.jsonl"
    file.write_bytes(file.read_bytes()[:-3])
    again = Memory(tmp_path)
    remember(again, "ns/web", CLUSTER, ["c"])
    assert Memory(tmp_path).recall("ns/web")[CLUSTER] == ("a", "c")


def churn(memory: Memory, rounds: int) -> None:
    """Find names that are always new, each longer than it need be."""
    for number in range(rounds):
        remember(memory, "ns/web", CLUSTER, [f"{number:0100d}"])


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few names and little history, so that a test need not write much."""
    monkeypatch.setattr("gossamer.agent.relay.memory.NAMES_AT_MOST", 3)
    monkeypatch.setattr("gossamer.agent.relay.memory.OUTDATED_AT_MOST", 4096)


@pytest.mark.usefixtures("small")
def test_a_file_stays_bounded_while_it_grows(tmp_path: Path) -> None:
    """A workload that finds new names for ever has a file of one size, and its last names."""
    memory, file = Memory(tmp_path), tmp_path / "ns.web.jsonl"
    sizes = []
    for _ in range(20):
        churn(memory, 20)
        sizes.append(file.stat().st_size)
    assert max(sizes) < 2 * 4096
    assert Memory(tmp_path).recall("ns/web") == memory.recall("ns/web")
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_file_that_grew_is_written_anew_at_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An agent of before wrote without a bound; this one reads its file once."""
    monkeypatch.setattr("gossamer.agent.relay.memory.NAMES_AT_MOST", 3)
    churn(Memory(tmp_path), 100)
    file = tmp_path / "ns.web.jsonl"
    monkeypatch.setattr("gossamer.agent.relay.memory.OUTDATED_AT_MOST", 4096)
    last = Memory(tmp_path).recall("ns/web")
    assert len(last[CLUSTER]) == 3
    assert file.stat().st_size < 1000
    assert Memory(tmp_path).recall("ns/web") == last


@pytest.mark.usefixtures("small")
def test_a_crash_while_it_is_written_anew_leaves_the_former_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever moment a kill or a full disk chooses, the names of before are there."""
    memory = Memory(tmp_path)
    remember(memory, "ns/web", VIRTUAL_HOST, ["80/kept"])
    churn(memory, 3)

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(Path, "replace", refuse)
        churn(memory, 100)
    again = Memory(tmp_path).recall("ns/web")
    assert again[VIRTUAL_HOST] == ("80/kept",)
    assert len(again[CLUSTER]) == 3
    assert os.listdir(tmp_path) == ["ns.web.jsonl"]


def test_unreadable_bytes_cost_their_line_only(tmp_path: Path) -> None:
    """A line that rotted, or nests too deep to read, is passed over."""
    remember(Memory(tmp_path), "ns/web", CLUSTER, ["a"])
    file = tmp_path / "ns.web.jsonl"
    deep = b'{"schema":1,"type":"x","names":' + b"[" * 100_000
    file.write_bytes(b"\xff\xfe\n" + deep + b"\n" + file.read_bytes())
    memory = Memory(tmp_path)
    assert memory.recall("ns/web") == {CLUSTER: ("a",)}
    remember(memory, "ns/web", CLUSTER, ["b"])
    assert [json.loads(line)["schema"] for line in file.read_bytes().splitlines()] == [1, 1]
