"""What a workload used is remembered beyond its pods."""

from __future__ import annotations

from pathlib import Path

from gossamer.agent.relay import memory as relay_memory
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
    monkeypatch.setattr(relay_memory, "NAMES_AT_MOST", 3)
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
