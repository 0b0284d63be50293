"""What sources see is kept, each source's word on its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from gossamer.model import tables
from gossamer.plane.api.shapes import ObservationBody, PodSeen
from gossamer.plane.observed.observations import Observations
from gossamer.plane.observed.sources import BadObservation


def pod(name: str, ready: bool = True, greets: list[int] | None = None) -> PodSeen:
    return PodSeen("default", name, name, ["10.244.0.2"], ready=ready, greets=greets)


def test_a_restarted_plane_recalls_what_every_source_saw(tmp_path: Path) -> None:
    """Pods outlive the plane; a source replaces its own and leaves those of others."""
    kept = Observations(tmp_path / "seen", lambda: 0.0)
    kept.replace("one/../host", ObservationBody([pod("a"), pod("b")]))
    kept.replace("two", ObservationBody([pod("c")]))
    kept.replace("one/../host", ObservationBody([pod("a")]))
    assert set(Observations(tmp_path / "seen", lambda: 0.0).recall()) == {
        tables.PODS.key("default/a"),
        tables.PODS.key("default/c"),
    }


def test_one_word_writes_one_file(tmp_path: Path) -> None:
    """What a source says costs no more in a large mesh than in a small one."""
    kept = Observations(tmp_path / "seen", lambda: 0.0)
    kept.replace("one", ObservationBody([pod("a")]))
    (first,) = (tmp_path / "seen").iterdir()
    before = first.stat()
    kept.replace("two", ObservationBody([pod("b")]))
    assert first.stat().st_mtime_ns == before.st_mtime_ns
    assert first.stat().st_mode & 0o077 == 0


def test_an_unreadable_word_costs_no_other(tmp_path: Path) -> None:
    """A torn file is skipped; the other sources are recalled."""
    kept = Observations(tmp_path / "seen", lambda: 0.0)
    kept.replace("one", ObservationBody([pod("a")]))
    (tmp_path / "seen" / "torn.json").write_text('{"schema": 2, "sou')
    assert set(Observations(tmp_path / "seen", lambda: 0.0).recall()) == {
        tables.PODS.key("default/a")
    }


def test_a_pod_that_is_told_again_is_not_read_again(tmp_path: Path) -> None:
    """A word of thousands of pods costs what differs in it; only that is a change."""
    kept = Observations(tmp_path / "seen", lambda: 0.0)
    kept.replace("one", ObservationBody([pod("a"), pod("b")]))
    before = kept.sources.latest["one"].facts
    changed = kept.replace("one", ObservationBody([pod("a"), pod("b", ready=False)]))
    assert changed.keys() == {tables.PODS.key("default/b")}
    assert kept.sources.latest["one"].facts["default/a"] is before["default/a"]


def test_what_a_port_turned_out_to_speak_is_recalled(tmp_path: Path) -> None:
    """Platforms that do not say count as having heard nothing."""
    told = [pod("a", greets=[25, 3]), pod("b", greets=[]), pod("c")]
    Observations(tmp_path, lambda: 0.0).replace("one", ObservationBody(told))
    recalled = Observations(tmp_path, lambda: 0.0).recall()
    greets = {key.name: seen.greets for key, seen in recalled.items() if seen is not None}
    assert greets == {"default/a": (3, 25), "default/b": (), "default/c": ()}


def test_what_an_earlier_version_kept_is_recalled(tmp_path: Path) -> None:
    """The file's shape is as it was; fields that were left out are those that say nothing."""
    (tmp_path / "kept.json").write_text(
        '{"schema": 2, "source": "lab", "word": {"pods": [{"namespace": "shop", "name": "a", '
        '"workload": "shop/a", "ip": [], "labels": null, "new": 1}], "lease_s": 30}}'
    )
    (seen,) = Observations(tmp_path, lambda: 0.0).recall().values()
    assert (seen.key, seen.workload, seen.labels, seen.ready) == ("shop/a", "a", (), False)


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "{}", "null", '{"schema": 2, "source": "x", "word": 5}', '{"schema": 3}'],
)
def test_what_is_not_an_observation_is_passed_over(tmp_path: Path, text: str) -> None:
    """Its source will say it again."""
    (tmp_path / "kept.json").write_text(text)
    assert Observations(tmp_path, lambda: 0.0).recall() == {}


def test_an_address_that_is_none_is_refused_with_the_pod(tmp_path: Path) -> None:
    """And what the source said before stays in effect."""
    kept = Observations(tmp_path, lambda: 0.0)
    kept.replace("one", ObservationBody([pod("a")]))
    wrong = PodSeen("default", "b", "b", ["10.244.0.300"])
    with pytest.raises(BadObservation, match=r"pod default/b cannot .* '10\.244\.0\.300'"):
        kept.replace("one", ObservationBody([wrong]))
    assert set(kept.sources.latest["one"].facts) == {"default/a"}
