"""Back-off and the states of a process, as data."""

from gossamer.process.supervision.restart import (
    TRANSITIONS,
    Backoff,
    ProcessEvent,
    Restart,
    RestartState,
    wants_restart,
)


def test_the_delay_doubles_to_ten_seconds() -> None:
    """0.1 s, then twice as long each time; at ten seconds it is called a crash loop."""
    backoff, delays = Backoff(), []
    for _ in range(9):
        delays.append(round(backoff.delay_s, 1))
        assert backoff.longest == (backoff.delay_s == 10)
        backoff = backoff.doubled()
    assert delays == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10]


def test_a_settled_run_is_forgiven() -> None:
    """Who ran for two seconds did not fail at its start: the next delay is the first one again."""
    tired = Backoff(10.0)
    assert tired.after_run(2.0) == Backoff()
    assert tired.after_run(1.9) == tired


def test_rules_of_restart() -> None:
    """Always means also after success; never means never."""
    assert [wants_restart(rule, 0) for rule in Restart] == [True, False, False]
    assert [wants_restart(rule, -9) for rule in Restart] == [True, True, False]


def test_every_state_may_be_left_and_a_stop_is_always_understood() -> None:
    """Whatever a process is doing, asking it to stop has a meaning."""
    for state in RestartState:
        assert (state, ProcessEvent.ASKED_TO_STOP) in TRANSITIONS
        assert any(
            before is state and after is not state for (before, _), after in TRANSITIONS.items()
        )
