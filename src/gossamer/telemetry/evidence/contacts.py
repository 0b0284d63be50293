"""The plane's memory of who called whom and how it was secured, fed by the agents' reports.

Agents report totals that only grow. What grew is dated by the report that says so, and given the
name that its address has then: addresses are used again. All of it is kept over restarts of the
plane (`kept.py`), as evidence is of hours and days.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, field, replace

from gossamer.telemetry.edge import SOURCE, UNKNOWN, Counts, Edge
from gossamer.telemetry.evidence.contact import Contact, Handshakes, Occasions, Security
from gossamer.telemetry.evidence.evidence import ARRIVALS, Evidence, What
from gossamer.telemetry.shapes import Totals

MOST_CONTACTS = 20_000
"""More than these are not kept apart; the answer says so."""

KEPT_S = 7 * 24 * 3600.0
"""A job that runs once a week was seen once in it."""

NameOf = Callable[[str], str]
"""The workload `NAMESPACE/NAME` that has an address now, or ""."""

Counter = tuple[str, Contact | Handshakes]
"""Whose total it is (agent and epoch), and of what; addresses have no name in it."""


@dataclass(slots=True)
class Contacts:
    """Since when there is evidence, what was seen, and the totals up to which it is counted."""

    since: float
    seen: dict[Contact, Occasions] = field(default_factory=dict)
    handshakes: dict[Handshakes, int] = field(default_factory=dict)
    decided: dict[Handshakes, Occasions] = field(default_factory=dict)
    totals: dict[Counter, int] = field(default_factory=dict)
    agents: dict[str, float] = field(default_factory=dict)
    crowded: bool = False

    def take(self, agent: str, report: Totals, name_of: NameOf, now: float) -> None:
        """What an agent reports."""
        self.agents[agent] = now
        teller = f"{agent} {report.epoch}"
        for edge, counts in report.edges.items():
            self._take_edge(teller, edge, counts, now)
        for (workload, evidence), total in report.evidence.items():
            if evidence.what is What.BEYOND:
                self.crowded = True
            elif evidence.what is What.DECIDED:
                self._take_decision(teller, workload, evidence, total, now)
            elif evidence.what not in ARRIVALS:
                self._take_handshakes(teller, workload, evidence, total)
            elif evidence.detail.isdecimal():
                arrived = Contact("", evidence.about, workload, Security(evidence.what))
                arrived = replace(arrived, port=int(evidence.detail[:5]))
                named = replace(arrived, source=name_of(evidence.about))
                self._add(named, self._grown((teller, arrived), total), now)

    def _take_edge(self, teller: str, edge: Edge, counts: Counts, now: float) -> None:
        """The totals of an edge; calls that nobody answered secured nothing."""
        if edge.destination is None or edge.source == UNKNOWN:
            return
        answered = counts.requests if edge.mtls else counts.requests - counts.failed
        security = Security.MUTUAL if edge.mtls else Security.PLAINTEXT
        contact = Contact(edge.source, "", edge.destination, security, 0, edge.service)
        contact = replace(contact, protocol=edge.protocol, reporter=edge.reporter)
        self._add(contact, self._grown((teller, contact), answered), now)

    def _take_handshakes(self, teller: str, workload: str, evidence: Evidence, total: int) -> None:
        agreed = Handshakes(workload, evidence.about, evidence.what, evidence.detail)
        more = self._grown((teller, agreed), total)
        if more:
            self.handshakes[agreed] = self.handshakes.get(agreed, 0) + more

    def _take_decision(
        self, teller: str, workload: str, evidence: Evidence, total: int, now: float
    ) -> None:
        """Decisions have dates: what a rule decided before it was changed can be left out."""
        decided = Handshakes(workload, evidence.about, evidence.what, evidence.detail)
        more = self._grown((teller, decided), total)
        if more and decided in self.decided:
            self.decided[decided].more(more, now)
        elif more:
            self.decided[decided] = Occasions(more, now, now)

    def snapshot(self) -> Contacts:
        """A copy that stays as it is, for whoever computes beside the event loop."""
        seen = {contact: copy(each) for contact, each in self.seen.items()}
        decided = {decision: copy(each) for decision, each in self.decided.items()}
        agents, handshakes = dict(self.agents), dict(self.handshakes)
        return Contacts(self.since, seen, handshakes, decided, {}, agents, self.crowded)

    def forget_old(self, now: float) -> None:
        """Drop what was not seen for long; its totals stay, so that it is not counted again."""
        for contact, seen in list(self.seen.items()):
            if now - seen.last > KEPT_S:
                del self.seen[contact]
        for decision, decided in list(self.decided.items()):
            if now - decided.last > KEPT_S:
                del self.decided[decision]
        self.since = max(self.since, now - KEPT_S)

    def callers(self) -> Iterator[tuple[Contact, Occasions]]:
        """Each kind of call once: the caller's proxy is the truth where it counted.

        In plaintext to a workload that has a proxy, that proxy is: it knows the port.
        """
        telling = {each.source for each in self.seen if each.reporter == SOURCE}
        for contact, seen in self.seen.items():
            by_certificate = contact.security is Security.MUTUAL and contact.reporter != SOURCE
            if not (by_certificate and contact.source in telling):
                yield contact, seen

    def _grown(self, counter: Counter, total: int) -> int:
        former = self.totals.get(counter, 0)
        if former == 0 and len(self.totals) >= 2 * MOST_CONTACTS:
            self.crowded = True
            return 0
        if total > former:
            self.totals[counter] = total
        return max(0, total - former)

    def _add(self, contact: Contact, count: int, now: float) -> None:
        if not count:
            return
        seen = self.seen.get(contact)
        if seen is not None:
            seen.more(count, now)
        elif len(self.seen) < MOST_CONTACTS:
            self.seen[contact] = Occasions(count, now, now)
        else:
            self.crowded = True
