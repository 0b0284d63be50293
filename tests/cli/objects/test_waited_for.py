"""What `wait --for` may be, and which objects are so."""

from __future__ import annotations

import click
import pytest

from gossamer.cli.objects.waited_for import waited_for
from tests.cli.printing.pods import pod_item, stored

READY, UNREADY = pod_item(), pod_item(ready=False)
DONE = stored("Job", "batch/v1", [{"succeeded": 1}])


@pytest.mark.parametrize(
    ("goal", "item", "holds"),
    [
        ("condition=Ready", READY, True),
        ("condition=ready", READY, True),
        ("condition=Ready=true", READY, True),
        ("condition=Ready", UNREADY, False),
        ("condition=Ready=False", UNREADY, True),
        ("condition=Complete", DONE, True),
        ("condition=Failed", DONE, False),
        ("create", READY, True),
        ("delete", READY, False),
        ("jsonpath={.status.phase}=Running", READY, True),
        ("jsonpath={.status.phase}=Pending", READY, False),
        ("jsonpath=.status.phase=Running", READY, True),
        ("jsonpath={.status.podIP}", READY, True),
        ("jsonpath={.status.nothing}", READY, False),
        ('jsonpath={.status.conditions[?(@.type=="Ready")].status}=True', READY, True),
    ],
)
def test_a_goal_is_reached(goal: str, item: object, holds: bool) -> None:
    """By condition, by existence, by value."""
    assert waited_for(goal).holds(item) is holds  # type: ignore[arg-type]


def test_deletion_is_of_what_was_there() -> None:
    """Each that is gone is told; those that are still there are waited for."""
    goal, seen = waited_for("delete"), {READY.reference: READY, DONE.reference: DONE}
    assert goal.met_by([READY], seen) == [DONE.reference]
    assert goal.missing([READY]) == {READY.reference}
    assert not goal.enough([READY])
    assert goal.enough([])


@pytest.mark.parametrize("goal", ["ready", "condition=", "jsonpath=", "jsonpath={.a", "delete2"])
def test_another_goal_is_wrong_usage(goal: str) -> None:
    """A script does not wait for ever for what cannot be."""
    with pytest.raises(click.BadParameter):
        waited_for(goal)
