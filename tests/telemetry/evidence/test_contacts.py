"""Evidence grows with reports, is dated by them, and outlives plane and agent."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gossamer.model.tls_parameters import HYBRID
from gossamer.telemetry.edge import Counts, Edge
from gossamer.telemetry.evidence.contact import Contact, Handshakes, Occasions, Security
from gossamer.telemetry.evidence.contacts import KEPT_S, Contacts
from gossamer.telemetry.evidence.evidence import Evidence, What
from gossamer.telemetry.evidence.kept import keep, keep_up, recalled, written
from gossamer.telemetry.shapes import Totals, Witnessed

WEB = "shop/web"
PLAIN = "10.244.0.5"
EDGE = Edge("source", "shop/page", WEB, "web.shop.svc.cluster.local", "http", True)
CAME = (WEB, Evidence(What.PLAINTEXT, PLAIN, "8080"))


def nobody(_: str) -> str:
    return ""


def job(_: str) -> str:
    return "shop/job"


def report(edges: dict[Edge, Counts] | None = None, **evidence: int) -> Totals:
    """A report of one agent: `plaintext` calls from PLAIN to port 8080, and edges."""
    witnessed: dict[Witnessed, int] = {
        (WEB, Evidence(What(what), PLAIN, "8080")): total for what, total in evidence.items()
    }
    return Totals(True, "e", edges or {}, witnessed)


def arrived(source: str = "", security: Security = Security.PLAINTEXT) -> Contact:
    return Contact(source, PLAIN, WEB, security, 8080)


def test_what_grew_is_dated_by_its_report() -> None:
    """First and last are when it was told of; a report that says nothing new changes no date."""
    contacts = Contacts(0)
    for now, total in ((10, 3), (20, 3), (30, 5)):
        contacts.take("agent", report(plaintext=total), nobody, now)
    assert contacts.seen == {arrived(): Occasions(5, 10, 30)}


def test_an_address_is_named_as_it_was_when_it_called() -> None:
    """Addresses are used again: what came before and after is not one caller."""
    contacts = Contacts(0)
    contacts.take("agent", report(plaintext=3), job, 10)
    contacts.take("agent", report(plaintext=4), lambda _: "shop/cron", 20)
    assert contacts.seen == {
        arrived("shop/job"): Occasions(3, 10, 10),
        arrived("shop/cron"): Occasions(1, 20, 20),
    }


def test_refused_and_accepted_are_apart() -> None:
    """And so is TLS of the caller's own, which STRICT would refuse as well."""
    contacts = Contacts(0)
    contacts.take("agent", report(plaintext=1, refused=2, tls=3), nobody, 10)
    assert {each.security: seen.count for each, seen in contacts.seen.items()} == {
        Security.PLAINTEXT: 1,
        Security.REFUSED: 2,
        Security.TLS: 3,
    }


def test_calls_that_were_not_answered_are_no_evidence() -> None:
    """A call that failed before any handshake says nothing about who sends plaintext."""
    plain = Edge("source", "shop/page", "shop/bare", "bare", "http", False)
    contacts = Contacts(0)
    contacts.take("agent", report({plain: Counts(3, 3)}), nobody, 10)
    assert contacts.seen == {}
    contacts.take("agent", report({plain: Counts(5, 3), EDGE: Counts(2, 2)}), nobody, 20)
    assert {each.security: seen.count for each, seen in contacts.seen.items()} == {
        Security.PLAINTEXT: 2,
        Security.MUTUAL: 2,
    }


def test_two_agents_add_up_and_a_new_epoch_begins_at_zero() -> None:
    """An agent that lost its totals does not take away what it told before."""
    contacts = Contacts(0)
    contacts.take("one", report(plaintext=3), nobody, 10)
    contacts.take("two", report(plaintext=2), nobody, 11)
    contacts.take("one", Totals(True, "f", {}, {CAME: 1}), nobody, 12)
    assert contacts.seen[arrived()].count == 6


def test_handshakes_are_summed_by_what_they_agreed_on() -> None:
    """By curve and by version, of a workload's calls to a service."""
    contacts = Contacts(0)
    agreed = ("shop/page", Evidence(What.CURVES, "web.shop", HYBRID))
    for total in (2, 2, 3):
        contacts.take("agent", Totals(True, "e", {}, {agreed: total}), nobody, 10)
    assert contacts.handshakes == {Handshakes("shop/page", "web.shop", "curves", HYBRID): 3}


def test_decisions_have_dates_and_are_kept(tmp_path: Path) -> None:
    """Of authorization: how often, when first and last; over a restart, and for a week."""
    contacts, file = Contacts(0), tmp_path / "evidence.json"
    decided = Evidence(What.DECIDED, "refused AuthorizationPolicy shop/a rule 0", "spiffe://a/b")
    for total, now in ((2, 10), (2, 11), (5, 12)):
        contacts.take("agent", Totals(True, "e", {}, {(WEB, decided): total}), nobody, now)
    (seen,) = contacts.snapshot().decided.values()
    assert (seen.count, seen.first, seen.last) == (5, 10, 12)
    keep(file, written(contacts))
    again = recalled(file, 1000)
    assert (again.decided, again.handshakes) == (contacts.decided, {})
    again.forget_old(KEPT_S + 13)
    assert again.decided == {}


def test_one_call_is_not_told_by_both_of_its_ends() -> None:
    """The caller's proxy is the truth; a caller without one here is known by its certificate."""
    served = Edge("destination", "shop/page", WEB, "web", "http", True)
    stranger = Edge("destination", "spiffe://cluster.local/ns/a/sa/b", WEB, "web", "http", True)
    contacts = Contacts(0)
    edges = {EDGE: Counts(3), served: Counts(3), stranger: Counts(1)}
    contacts.take("agent", report(edges), nobody, 10)
    callers = {(each.source, each.reporter) for each, _ in contacts.callers()}
    assert callers == {("shop/page", "source"), (stranger.source, "destination")}


def test_more_addresses_than_are_kept_are_told_of() -> None:
    """Nobody takes the rest for all."""
    contacts = Contacts(0)
    contacts.take("agent", Totals(True, "e", {}, {(WEB, Evidence(What.BEYOND)): 9}), nobody, 1)
    assert contacts.crowded


def test_the_plane_has_bounds_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever agents report, its memory stays in them."""
    monkeypatch.setattr("gossamer.telemetry.evidence.contacts.MOST_CONTACTS", 10)
    contacts = Contacts(0)
    for number in range(40):
        came = Evidence(What.PLAINTEXT, f"10.0.0.{number}", "80")
        contacts.take("agent", Totals(True, "e", {}, {(WEB, came): 1}), nobody, 1)
    assert (len(contacts.seen), len(contacts.totals), contacts.crowded) == (10, 20, True)


def test_what_is_older_than_a_week_is_forgotten_and_not_counted_again() -> None:
    """A total that is told again is no call."""
    contacts = Contacts(0)
    contacts.take("agent", report(plaintext=3), nobody, 10)
    now = KEPT_S + 20
    contacts.forget_old(now)
    assert (contacts.seen, contacts.since) == ({}, 20)
    contacts.take("agent", report(plaintext=3), nobody, now)
    assert contacts.seen == {}


def test_a_plane_that_comes_back_goes_on(tmp_path: Path) -> None:
    """Dates and names are kept, and the totals told anew add nothing."""
    file = tmp_path / "evidence.json"
    contacts = Contacts(5)
    agreed = (WEB, Evidence(What.VERSIONS, "db", "TLSv1.3"))
    whole = Totals(True, "e", {EDGE: Counts(2)}, {CAME: 3, agreed: 1})
    contacts.take("agent", whole, job, 10)
    keep(file, written(contacts))
    again = recalled(file, 1000)
    again.take("agent", whole, nobody, 1000)
    assert (again.since, again.seen, again.handshakes) == (5, contacts.seen, contacts.handshakes)
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": 9}', "[" * 100_000])
def test_a_file_that_cannot_be_read_begins_anew(tmp_path: Path, text: str) -> None:
    """Whatever is in it, the plane starts; the window of observation says since when."""
    file = tmp_path / "evidence.json"
    file.write_text(text)
    assert recalled(file, 77.0) == Contacts(77.0)


def test_evidence_of_another_schema_is_not_read_as_ours(tmp_path: Path) -> None:
    """A later plane's file is not half understood."""
    file = tmp_path / "evidence.json"
    file.write_text(json.dumps(json.loads(written(Contacts(5))) | {"schema": 2}))
    assert recalled(file, 77.0).since == 77.0


def test_a_full_disk_costs_nothing_but_the_file(tmp_path: Path) -> None:
    """The plane goes on."""
    keep(tmp_path / "nowhere" / "evidence.json", b"{}")
    assert not (tmp_path / "nowhere").exists()


class Turns:
    """A clock that ends the loop after so many waits."""

    def __init__(self, turns: int, moment: datetime) -> None:
        self._turns, self._moment = turns, moment

    def now(self) -> datetime:
        return self._moment

    async def wait(self, seconds: float) -> None:
        self._turns -= 1
        if self._turns < 0:
            raise asyncio.CancelledError


async def test_it_is_written_again_only_when_something_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An idle mesh wears out no disk."""
    texts: list[bytes] = []
    monkeypatch.setattr("gossamer.telemetry.evidence.kept.keep", lambda _, text: texts.append(text))
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    contacts = Contacts(moment.timestamp())
    contacts.take("agent", report(plaintext=3), nobody, moment.timestamp())
    with pytest.raises(asyncio.CancelledError):
        await keep_up(tmp_path / "evidence.json", contacts, Turns(3, moment))
    assert texts == [written(contacts)]
