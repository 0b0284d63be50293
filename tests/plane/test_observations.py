"""What sources see is kept, each source's word on its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gossamer.model import tables
from gossamer.plane.observed.observations import Observations


def pod(name: str, ready: bool = True) -> dict[str, Any]:
    return {"namespace": "default", "name": name, "workload": name, "ready": ready}


def test_a_restarted_plane_recalls_what_every_source_saw(tmp_path: Path) -> None:
    """Pods outlive the plane; a source replaces its own and leaves those of others."""
    kept = Observations(tmp_path / "seen", lambda: 0.0)
    kept.replace("one/../host", {"pods": [pod("a"), pod("b")]})
    kept.replace("two", {"pods": [pod("c")]})
    kept.replace("one/../host", {"pods": [pod("a")]})
    assert set(Observations(tmp_path / "seen", lambda: 0.0).recall()) == {
        tables.PODS.key("default/a"),
        tables.PODS.key("default/c"),
    }


def test_one_word_writes_one_file(tmp_path: Path) -> None:
    """What a source says costs no more in a large mesh than in a small one."""
    kept = Observations(tmp_path / "seen", lambda: 0.0)
    kept.replace("one", {"pods": [pod("a")]})
    (first,) = (tmp_path / "seen").iterdir()
    before = first.stat()
    kept.replace("two", {"pods": [pod("b")]})
    assert first.stat().st_mtime_ns == before.st_mtime_ns
    assert first.stat().st_mode & 0o077 == 0


def test_an_unreadable_word_costs_no_other(tmp_path: Path) -> None:
    """A torn file is skipped; the other sources are recalled."""
    kept = Observations(tmp_path / "seen", lambda: 0.0)
    kept.replace("one", {"pods": [pod("a")]})
    (tmp_path / "seen" / "torn.json").write_text('{"schema": 2, "sou')
    assert set(Observations(tmp_path / "seen", lambda: 0.0).recall()) == {
        tables.PODS.key("default/a")
    }


def test_a_pod_that_is_told_again_is_not_read_again(tmp_path: Path) -> None:
    """A word of thousands of pods costs what differs in it; only that is a change."""
    kept = Observations(tmp_path / "seen", lambda: 0.0)
    kept.replace("one", {"pods": [pod("a"), pod("b")]})
    before = kept.sources.latest["one"].facts
    changed = kept.replace("one", {"pods": [pod("a"), pod("b", ready=False)]})
    assert changed.keys() == {tables.PODS.key("default/b")}
    assert kept.sources.latest["one"].facts["default/a"] is before["default/a"]


def test_what_a_port_turned_out_to_speak_is_recalled(tmp_path: Path) -> None:
    """Platforms that do not say count as having heard nothing."""
    told = [pod("a") | {"greets": [25, 3]}, pod("b"), pod("c") | {"greets": None}]
    Observations(tmp_path, lambda: 0.0).replace("one", {"pods": told})
    recalled = Observations(tmp_path, lambda: 0.0).recall()
    greets = {key.name: seen.greets for key, seen in recalled.items() if seen is not None}
    assert greets == {"default/a": (3, 25), "default/b": (), "default/c": ()}
