"""The phases of a rotation: who signs in each, whom peers believe, and what ends it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from gossamer.identity.rotation.plan import (
    Rotation,
    RotationPhase,
    RotationUnderWay,
    Waiting,
    advance,
    after_a_look,
    begin,
)

NOON = datetime(2031, 1, 1, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
ABSENT = Waiting("Pod shop/cart-1", "its proxy is not connected")


def phases() -> Iterator[Rotation]:
    """A whole rotation, phase by phase, and the rest after it."""
    rotation = begin(Rotation(generation=4), NOON)
    yield rotation
    while rotation.phase is not RotationPhase.DONE:
        rotation = advance(rotation, NOON)
        yield rotation


def test_who_signs_and_whom_peers_believe() -> None:
    """Nothing is signed under a root that is not believed yet, or not believed any more."""
    seen = [(each.phase.value, each.signer, each.server, each.trusted) for each in phases()]
    assert seen == [
        ("prepare", 4, 4, (4,)),
        ("distributing", 4, 4, (4, 5)),
        ("activated", 5, 4, (4, 5)),
        ("retiring", 5, 5, (5,)),
        ("done", 5, 5, (5,)),
    ]


def test_who_is_a_phase_behind_or_ahead_is_believed() -> None:
    """A step does not come to everybody at once, and nobody refuses another meanwhile."""
    believing = [each for each in phases() if each.phase is not RotationPhase.PREPARE]
    for before, after in pairwise(believing):
        assert after.signer in before.trusted
        assert before.signer in after.trusted


def test_a_phase_waits_for_everybody() -> None:
    """One proxy that did not acknowledge holds it up."""
    now = advance(begin(Rotation(), NOON), NOON)
    assert after_a_look(now, (ABSENT,), NOON + timedelta(days=6), WEEK) is now
    assert after_a_look(now, (), NOON, WEEK).phase is RotationPhase.ACTIVATED


def test_the_absent_are_waited_for_within_a_bound() -> None:
    """Past it they are left behind, and their names are kept to the end."""
    now = advance(begin(Rotation(), NOON), NOON)
    after = after_a_look(now, (ABSENT,), NOON + WEEK, WEEK)
    assert (after.phase, after.left_behind) == (RotationPhase.ACTIVATED, ("Pod shop/cart-1",))
    assert advance(after, NOON, (ABSENT,)).left_behind == ("Pod shop/cart-1",)
    assert begin(advance(advance(after, NOON), NOON), NOON).left_behind == ()


@pytest.mark.parametrize("rotation", list(phases())[:-1], ids=lambda each: each.phase.value)
def test_one_rotation_at_a_time(rotation: Rotation) -> None:
    """A second root beside two would be a third; who asks is told what to do."""
    with pytest.raises(RotationUnderWay, match="identity status"):
        begin(rotation, NOON)


def test_rest_waits_for_nobody() -> None:
    """Without a rotation a look changes nothing."""
    rest = Rotation()
    assert after_a_look(rest, (ABSENT,), NOON + WEEK, WEEK) is rest
