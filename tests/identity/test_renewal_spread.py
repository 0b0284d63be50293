"""A thousand certificates do not renew at once."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from gossamer.identity.rotation.spread import (
    APART_S,
    RENEWALS_PER_S,
    Turnstile,
    due_at,
    window_s,
)

NOON = datetime(2031, 1, 1, 12, tzinfo=UTC)
PODS = [f"shop/cart-{number}" for number in range(1000)]


def by_second(moments: list[datetime]) -> Counter[int]:
    return Counter(int((at - NOON).total_seconds()) for at in moments)


def test_a_mesh_renews_over_a_window_that_grows_with_it() -> None:
    """A thousand take twenty seconds; no second has twice its share, and none is idle."""
    window = window_s(len(PODS))
    seconds = by_second([due_at(pod, "issuer", NOON, window) for pod in PODS])
    assert window == 20
    assert set(seconds) == set(range(20))
    assert max(seconds.values()) < 2 * RENEWALS_PER_S


def test_the_order_is_another_at_the_next_rotation() -> None:
    """Nobody is always the last; and a restart changes nothing."""
    first = sorted(PODS, key=lambda pod: due_at(pod, "one", NOON, 20))
    assert first == sorted(PODS, key=lambda pod: due_at(pod, "one", NOON, 20))
    assert first != sorted(PODS, key=lambda pod: due_at(pod, "two", NOON, 20))


def test_one_agent_renews_one_after_another() -> None:
    """However many are due at once, as after a night's sleep: twenty a second."""
    line = Turnstile()
    turns = [NOON + timedelta(seconds=line.turn(NOON)) for _ in PODS]
    seconds = by_second(turns)
    assert max(seconds.values()) <= 1 / APART_S
    assert turns == sorted(turns)
    assert turns[-1] - NOON < timedelta(seconds=51)


def test_who_comes_to_a_free_line_does_not_wait() -> None:
    """A single renewal costs no time."""
    line = Turnstile()
    assert line.turn(NOON) == 0
    assert line.turn(NOON + timedelta(minutes=1)) == 0
