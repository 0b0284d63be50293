"""The fault runner's own promises: schedules can be had again, and idle runs prove nothing."""

from __future__ import annotations

from dataclasses import replace

from tests.faults.schedule import LONGEST_S, TARGETS, Kind, schedule
from tests.faults.verdict import Outcome, failures, told

REPORT = {
    "requests": 6000,
    "by_status": {"200": 6000},
    "errors": {},
    "seconds": 60.0,
    "requests_per_second": 100.0,
    "p99_ms": 9.0,
}
GOOD = Outcome(REPORT, 100.0, 30, 12, 3, (), (), "")


def test_a_seed_is_a_schedule() -> None:
    """The same seed gives the same faults, another one others."""
    assert schedule(7, 60) == schedule(7, 60)
    assert schedule(7, 60) != schedule(8, 60)


def test_every_fault_ends_before_the_run_does() -> None:
    """Healing is looked at afterwards, so nothing may still be frozen or cut."""
    for seed in range(50):
        faults = schedule(seed, 60)
        assert faults
        assert all(fault.at_s + fault.lasts_s <= 60 for fault in faults)
        assert all(
            (fault.lasts_s > 0) == (fault.kind in (Kind.FREEZE, Kind.CUT)) for fault in faults
        )
        assert all(fault.lasts_s <= LONGEST_S for fault in faults)


def test_every_target_has_its_turn() -> None:
    """Some seed in a hundred does each thing there is to do."""
    done = {(fault.kind, fault.target) for seed in range(100) for fault in schedule(seed, 60)}
    assert done == {(kind, target) for kind, targets in TARGETS.items() for target in targets}


def test_a_whole_run_passes() -> None:
    """Every request a 200, enough of them, nothing lost, all healed."""
    assert failures(GOOD) == ()
    assert told(GOOD, (), "").endswith("PASSED")


def test_each_broken_promise_is_named_and_can_be_had_again() -> None:
    """A failed verdict ends with the command that replays the run."""
    broken = (
        replace(GOOD, report=REPORT | {"by_status": {"200": 5999, "503": 1}}),
        replace(GOOD, report=REPORT | {"errors": {"reset": 1}}),
        replace(GOOD, report=REPORT | {"requests": 2999}),
        replace(GOOD, faults=0),
        replace(GOOD, missing=("VirtualService default/web",)),
        replace(GOOD, replaced=("client",)),
        replace(GOOD, unhealed="no plane"),
    )
    for outcome in broken:
        found = failures(outcome)
        assert len(found) == 1
        again = "python -m tests.faults --seed 7 --for 60s"
        assert told(outcome, found, again).endswith(again)
