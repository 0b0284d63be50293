"""Progress reaches every subscriber, however slowly it reads."""

from __future__ import annotations

from gossamer.lab.holder.events import Events


async def test_a_late_subscriber_gets_the_last_of_each_subject() -> None:
    """What held before and no longer does is not told; what is gone neither."""
    events = Events()
    events.tell("pod", "a", ready=False)
    events.tell("pod", "b", ready=True)
    events.tell("pod", "a", ready=True)
    events.forget("pod", "b")
    told = events.subscribe()
    assert await anext(told) == {"event": "pod", "subject": "a", "ready": True}
    events.close()
    assert [event async for event in told] == []


async def test_a_slow_subscriber_misses_nothing_that_still_holds() -> None:
    """Thousands of findings before it reads the first: each is read, and then `ready`; of what
    changed meanwhile, the last."""
    events = Events()
    events.tell("step", text="begun")
    told = events.subscribe()
    assert await anext(told) == {"event": "step", "text": "begun"}
    for number in range(5000):
        events.tell("finding", f"object {number}", code="x")
        events.tell("pod", "a", ready=False, reason=f"reason {number}")
    events.tell("ready", gateways=[])
    events.close()
    read = [event async for event in told]
    assert len(read) == 5002
    assert read[-1]["event"] == "ready"
    assert [e["reason"] for e in read if e["event"] == "pod"] == ["reason 4999"]


async def test_what_is_equal_is_told_once() -> None:
    """A subject that says the same again is no news."""
    events = Events()
    told = events.subscribe()
    events.tell("pod", "a", ready=True)
    await anext(told)
    events.tell("pod", "a", ready=True)
    events.tell("pod", "a", ready=False)
    events.close()
    assert [event["ready"] async for event in told] == [False]
