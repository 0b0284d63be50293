"""What happened is kept in its order, counted where it repeats, and bounded."""

from __future__ import annotations

from gossamer.lab.holder.history.occurrences import Occurrences
from gossamer.model.origin import ObjectRef

WEB = ObjectRef("Pod", "shop", "web-1")


def test_repeated_events_are_one_with_a_count() -> None:
    """As Kubernetes shows them: the latest last, `count` says how often."""
    kept = Occurrences()
    for reason in ("Unhealthy", "Started", "Unhealthy"):
        kept.note(WEB, reason, "said")
    told = [each.shape() for each in kept.all()]
    assert [(each.reason, each.count, each.type) for each in told] == [
        ("Started", 1, "Normal"),
        ("Unhealthy", 2, "Warning"),
    ]
    assert (told[1].first or "") <= (told[1].last or "")


def test_old_events_make_room() -> None:
    """A lab that runs for weeks does not grow by what happened."""
    kept = Occurrences(most=2)
    for number in range(5):
        kept.note(WEB, "Started", f"run {number}")
    assert [each.message for each in kept.all()] == ["run 3", "run 4"]
