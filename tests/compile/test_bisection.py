"""A trial finds the guilty, all of them, and asks little."""

from __future__ import annotations

from hypothesis import given, strategies

from gossamer.compile.engine.bisection import Bisection
from gossamer.model.origin import ObjectRef


def suspects(count: int) -> list[ObjectRef]:
    return [ObjectRef("VirtualService", "default", f"v{number:04}") for number in range(count)]


def run(trial: Bisection, culprits: set[ObjectRef]) -> int:
    """Answer as Envoy would until the trial is over; how many questions there were."""
    asked = 0
    while not trial.over:
        asked += 1
        let_in = trial.suspects - trial.withheld
        if let_in & culprits:
            trial.refused()
        else:
            trial.accepted()
    return asked


def test_a_single_suspect_needs_no_question() -> None:
    """Who alone changed is guilty."""
    (only,) = suspects(1)
    trial = Bisection([only])
    assert trial.over
    assert trial.culprits == [only]


def test_one_among_a_thousand_is_found_in_eleven_questions() -> None:
    """The cost grows with the logarithm, so that two seconds are enough."""
    everybody = suspects(1000)
    for number in (0, 1, 499, 500, 998, 999):
        trial = Bisection(everybody)
        assert run(trial, {everybody[number]}) <= 11
        assert trial.culprits == [everybody[number]]


@given(strategies.integers(1, 60), strategies.data())
def test_exactly_the_guilty_are_found(count: int, data: strategies.DataObject) -> None:
    """Whoever they are and however many, they and nobody else are withheld in the end."""
    everybody = suspects(count)
    culprits = set(data.draw(strategies.sets(strategies.sampled_from(everybody), min_size=1)))
    trial = Bisection(everybody)
    run(trial, culprits)
    assert set(trial.culprits) == trial.withheld == culprits
