"""Totals grow and never go back, whoever restarts."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from gossamer.telemetry.edge import Counts, Edge
from gossamer.telemetry.evidence.evidence import Evidence, What
from gossamer.telemetry.label_set import Owner
from gossamer.telemetry.plan import Reading, read
from gossamer.telemetry.shapes import TallyShape
from gossamer.telemetry.tally import Tally
from tests.telemetry.envoy_answers import REVIEWS, counted, durations, uptime

PAGE = Owner("shop/page", "spiffe://cluster.local/ns/shop/sa/page")
EDGE = Edge(
    "source", "shop/page", "shop/reviews-v1", "reviews.shop.svc.cluster.local", "http", True
)


def take(tally: Tally, requests: int, age: int, pod: str = "shop/page-1") -> None:
    """One reading of a pod that has made so many requests, each of 7 ms."""
    text = uptime(age) + counted(REVIEWS, requests, sent=requests * 100)
    took = durations(REVIEWS, {(7, 0.1): requests})
    tally.take(pod, PAGE, read(text, took), lambda _: None)


def test_readings_add_what_grew() -> None:
    """A total is the last reading, not the sum of readings."""
    tally = Tally("e")
    take(tally, 3, 10)
    take(tally, 5, 11)
    assert tally.edges() == {EDGE: Counts(5, 0, 500, 0, {7.0: 5})}


def test_a_restarted_envoy_adds_to_the_total() -> None:
    """Counters that begin anew count from zero, also where they are larger than before."""
    tally = Tally("e")
    take(tally, 3, 10)
    take(tally, 4, 1)
    assert tally.edges()[EDGE].requests == 7


def test_pods_of_a_workload_are_one_edge_and_outlive_their_end() -> None:
    """Replicas add up; a pod that is gone takes nothing with it."""
    tally = Tally("e")
    take(tally, 3, 10, "shop/page-1")
    take(tally, 4, 10, "shop/page-2")
    tally.forget("shop/page-1")
    assert tally.edges()[EDGE].requests == 7


def test_what_is_written_down_goes_on_where_it_was() -> None:
    """An agent that comes back counts what happened meanwhile, once."""
    tally = Tally("e")
    take(tally, 3, 10)
    again = Tally.of(msgspec.json.decode(msgspec.json.encode(tally.shape()), type=TallyShape))
    take(again, 9, 15)
    assert again.edges() == {EDGE: Counts(9, 0, 900, 0, {7.0: 9})}
    assert again.epoch == "e"


def test_failures_stay_failures_when_there_are_too_many_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A crowded tally drops outcomes from lines, not from the edge's counts."""
    monkeypatch.setattr("gossamer.telemetry.tally.MOST_LINES", 5)
    tally = Tally("e")
    for code in range(200, 520):
        text = counted(REVIEWS | {"code": str(code)}, 1)
        pods = f"shop/page-{code}"
        tally.take(pods, PAGE, read(text, b'{"stats": []}'), lambda _: None)
    assert tally.edges()[EDGE].failed == 20
    assert len(tally.lines) == 6


def test_a_restart_that_nobody_saw_is_known_by_its_date() -> None:
    """An agent that was away finds an older Envoy than it left: another one, if it began later."""
    tally = Tally("e")
    for requests, age, began in ((3, 10, 1000), (5, 60, 1031)):
        reading = read(uptime(age) + counted(REVIEWS, requests), durations(REVIEWS, {}))
        tally.take("shop/page-1", PAGE, replace(reading, began=began), lambda _: None)
    assert tally.edges()[EDGE].requests == 8


def test_a_restart_within_seconds_of_a_start_is_known_by_its_process() -> None:
    """Killed at once after its start, and as busy again: not taken for the Envoy that it was."""
    tally = Tally("e")
    for pid in (71, 75):
        reading = read(uptime(1) + counted(REVIEWS, 3), durations(REVIEWS, {}))
        read_of = replace(reading, began=1000, pid=pid)
        tally.take("shop/page-1", PAGE, read_of, lambda _: None)
        tally = Tally.of(msgspec.json.decode(msgspec.json.encode(tally.shape()), type=TallyShape))
    assert tally.edges()[EDGE].requests == 6


def test_what_is_known_about_tls_grows_alike() -> None:
    """Over readings, restarts of Envoy and of the agent; and by workload, not by pod."""
    came, tally = Evidence(What.PLAINTEXT, "10.0.0.9", "80"), Tally("e")
    for pod, age, count in (("a", 5, 3), ("a", 6, 4), ("b", 5, 1), ("a", 1, 2)):
        reading = Reading(age, evidence={came: count})
        tally.take(f"shop/{pod}", PAGE, reading, lambda _: None)
        tally = Tally.of(msgspec.json.decode(msgspec.json.encode(tally.shape()), type=TallyShape))
    assert tally.evidence == {("shop/page", came): 7}


def test_more_addresses_than_are_kept_apart_are_counted_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A crowd of strangers costs a bounded memory, and is not passed over in silence."""
    monkeypatch.setattr("gossamer.telemetry.tally.MOST_EVIDENCE", 5)
    tally = Tally("e")
    came = {Evidence(What.PLAINTEXT, f"10.0.0.{each}", "80"): 1 for each in range(20)}
    tally.take("shop/page-1", PAGE, Reading(5, evidence=came), lambda _: None)
    assert len(tally.evidence) == 6
    assert tally.evidence["shop/page", Evidence(What.BEYOND)] == 15
