"""The sentences of `kubectl rollout status`."""

from __future__ import annotations

from typing import Any

import pytest

from gossamer.cli.printing.rollout_words import rollout_state


def counts(**words: int) -> dict[str, Any]:
    return {"desired": 3, "current": 3, "updated": 3, "updated_ready": 3, **words}


@pytest.mark.parametrize(
    ("told", "done", "text"),
    [
        (counts(), True, 'deployment "web" successfully rolled out'),
        (None, True, 'deployment "web" successfully rolled out'),
        (counts(updated=1), False, "1 out of 3 new replicas have been updated..."),
        (counts(current=4), False, "1 old replicas are pending termination..."),
        (counts(updated_ready=2), False, "2 of 3 updated replicas are available..."),
    ],
)
def test_each_state_has_its_sentence(told: Any, done: bool, text: str) -> None:
    """Scripts look for these words."""
    state = rollout_state("Deployment", "web", told, observed=True)
    assert state[0] is done
    assert state[1].endswith(text)


def test_a_change_that_nobody_has_seen_yet_is_not_done() -> None:
    """`apply` and `rollout status` right after it never report the rollout before."""
    done, text = rollout_state("Deployment", "web", counts(), observed=False)
    assert not done
    assert "spec update to be observed" in text
