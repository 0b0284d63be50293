"""`gossamer policy report`: what rules of authorization decided, and dry runs would have.

Proxies count by rule and by the caller's identity. Beside the counts stand the objects that are in
force now, so that one of which nothing was counted can be told from one that was never asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from msgspec.structs import replace

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import views_of
from gossamer.compile.lookup.authorization import (
    Deciding,
    DecidingObject,
    holding,
    of_action,
)
from gossamer.contract.authorization_names import nobody_name, parse_rule
from gossamer.explain.authorization.rule_places import authorizations_of, rule_places
from gossamer.explain.places import field_place
from gossamer.explain.report.shaping import place_shape
from gossamer.model.origin import ObjectRef
from gossamer.model.policies.workload.authorization import Authorization, AuthorizationAction
from gossamer.model.workload.pod import ProxyRole
from gossamer.plane.api.answers import DecidedRequests, DecidedRule, PolicyReport, ReportedObject
from gossamer.plane.api.facade import RequestRefused
from gossamer.plane.queries.denials import identities_of
from gossamer.plane.queries.meshed_workloads import MeshedWorkloads
from gossamer.plane.queries.mtls import iso, not_seen, window_of
from gossamer.telemetry.evidence.contact import Occasions, Security
from gossamer.telemetry.evidence.contacts import Contacts

_REFUSED, _WOULD_REFUSE, _LET_IN, _NOTED = "refused", "would_refuse", "would_let_in", "noted"
_ALLOW = AuthorizationAction.ALLOW
_TRIED = (_ALLOW, AuthorizationAction.DENY)
_NOT_COUNTED = [
    "connections of bytes: dry runs and audits are of requests",
    "whether a rule was another when it decided: --since leaves out what was last seen before",
]


@dataclass(frozen=True, slots=True)
class Watched:
    """What was seen, whether agents reported yet, the time now, and since when to tell of it."""

    contacts: Contacts
    known: bool
    now: float
    since: float = 0.0


def moment_of(text: str) -> float:
    """An ISO time in seconds, of UTC without a zone; 0 for "". Raises RequestRefused(400)."""
    try:
        moment = datetime.fromisoformat(text) if text else datetime.fromtimestamp(0, UTC)
    except ValueError as error:
        raise RequestRefused(
            400,
            f"{text!r} is not a time, so nothing is reported. Write it as 2026-11-28T16:00:00",
        ) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def policy_report(
    workloads: MeshedWorkloads, watched: Watched, namespace: str = ""
) -> PolicyReport:
    """Of calls to workloads of one namespace ("": of all)."""
    report = _Report(workloads, watched, namespace)
    return PolicyReport(
        known=watched.known,
        observed=window_of(watched.contacts, watched.now),
        dry_runs=list(report.dry_runs()),
        audits=list(report.audits()),
        refused=report.decided(_REFUSED),
        not_seen=[*not_seen(workloads, watched.contacts, watched.now), *_NOT_COUNTED],
    )


class _Report:
    """The parts of one report; what several of them need is looked up once."""

    def __init__(self, workloads: MeshedWorkloads, watched: Watched, namespace: str) -> None:
        self._workloads, self._watched, self._namespace = workloads, watched, namespace
        self._mesh = workloads.mesh
        held = [name for name in sorted(workloads.pods) if self._wanted(name)]
        self._trials = {name: self._holding(name, dry_run=True) for name in held}
        self._holds = {name: self._holding(name, dry_run=False) for name in held}
        self._by_identity: dict[str, list[str]] = {}
        for workload, identity in sorted(identities_of(self._mesh).items()):
            self._by_identity.setdefault(identity, []).append(workload)

    def dry_runs(self) -> Iterator[ReportedObject]:
        """Each object that only would decide."""
        counted = [*self.decided(_WOULD_REFUSE), *self._let_in_by_none()]
        for ref, value in self._objects():
            if value.dry_run and value.action in _TRIED:
                shown = self._object(ref, value, self._trials, counted)
                yield replace(shown, closed=self._closed(shown))

    def audits(self) -> Iterator[ReportedObject]:
        """Each object that notes calls, and refuses none."""
        noted = self.decided(_NOTED)
        for ref, value in self._objects():
            if value.action is AuthorizationAction.AUDIT and not value.dry_run:
                yield self._object(ref, value, self._holds, noted)

    def decided(self, tag: str) -> list[DecidedRule]:
        """The rules of which proxies counted that decision, by destination."""
        callers: dict[tuple[str, str], list[DecidedRequests]] = {}
        for each, seen in self._watched.contacts.decided.items():
            kind, _, rule = each.service.partition(" ")
            if kind == tag and self._recent(seen.last) and self._wanted(each.source):
                caller = self._caller(each.name, seen)
                callers.setdefault((each.source, rule), []).append(caller)
        return [self._rule(rule, to, every) for (to, rule), every in sorted(callers.items())]

    def _caller(self, identity: str, seen: Occasions) -> DecidedRequests:
        known = self._by_identity.get(identity, [])
        return DecidedRequests(identity or None, known, seen.count, iso(seen.first), iso(seen.last))

    def _rule(self, rule: str, destination: str, callers: list[DecidedRequests]) -> DecidedRule:
        callers.sort(key=lambda each: (-each.requests, each.identity or ""))
        places = [place_shape(each) for each in rule_places(self._mesh, rule)]
        return DecidedRule(rule, destination, sum(c.requests for c in callers), places, callers)

    def _let_in_by_none(self) -> Iterator[DecidedRule]:
        """Requests that no rule would let in; with an ALLOW in force, one more refuses nobody."""
        for each in self.decided(_LET_IN):
            tried = [one.object for one in of_action(self._tried(each), _ALLOW)]
            if tried and not self._has_allow(each.destination):
                places = [place_shape(field_place(self._mesh, ref)) for ref in tried]
                yield replace(each, rule=nobody_name([*map(str, tried)]), because=places)

    def _tried(self, decided: DecidedRule) -> Deciding:
        """The dry runs where it was counted; none where that workload is no more."""
        return self._trials.get(decided.destination, ())

    def _object(
        self,
        ref: ObjectRef,
        value: Authorization,
        held: Mapping[str, Deciding],
        counted: Iterable[DecidedRule],
    ) -> ReportedObject:
        """An object with those of the counts that are of its rules, where it holds."""
        names = [name for name, every in held.items() if any(e.object == ref for e in every)]
        mine = [e for e in counted if e.destination in names and _is_of(e, ref, value.action)]
        return ReportedObject(
            object=str(ref),
            action=value.action.value,
            because=place_shape(field_place(self._mesh, ref)),
            workloads=names,
            uncalled=[name for name in names if not self._called(name)],
            closed=[],
            requests=sum(each.requests for each in mine),
            rules=mine,
        )

    def _closed(self, shown: ReportedObject) -> list[str]:
        every = shown.workloads if shown.action == _ALLOW else []
        return [name for name in every if self._has_allow(name)]

    def _has_allow(self, workload: str) -> bool:
        return any(of_action(self._holds[workload], _ALLOW))

    def _objects(self) -> Iterator[tuple[ObjectRef, Authorization]]:
        """All that speak of authorization where it is asked about."""
        held = (*self._trials.values(), *self._holds.values())
        holding_there = {each.object for every in held for each in every}
        for ref in sorted(self._mesh.contributions, key=str):
            if ref in holding_there or self._namespace in ("", ref.namespace):
                for value in authorizations_of(self._mesh, ref):
                    yield ref, value

    def _holding(self, workload: str, *, dry_run: bool) -> Deciding:
        """What holds for any pod of a workload; pods with the same labels are asked once."""
        read, objects = TrackedLookup(self._mesh), dict[ObjectRef, DecidingObject]()
        pods = {pod.labels: pod for pod in self._workloads.pods[workload]}
        for pod in pods.values():
            if pod.role is not ProxyRole.NONE:
                view = views_of(self._mesh, pod).workload
                objects |= {each.object: each for each in holding(read, view, dry_run=dry_run)}
        return tuple(objects.values())

    def _called(self, workload: str) -> bool:
        """Whether a call to it was seen. Who calls a gateway from outside is not recorded."""
        if self._workloads.sidecar(workload) is None:
            return True
        return any(
            contact.destination == workload and self._recent(seen.last)
            for contact, seen in self._watched.contacts.seen.items()
            if contact.security is not Security.REFUSED
        )

    def _recent(self, moment: float) -> bool:
        return moment >= self._watched.since

    def _wanted(self, workload: str) -> bool:
        return not self._namespace or workload.startswith(f"{self._namespace}/")


def _is_of(decided: DecidedRule, ref: ObjectRef, action: AuthorizationAction) -> bool:
    """Whether the counts are about that object."""
    rule = parse_rule(decided.rule)
    if rule is None:
        return action is _ALLOW and any(place.object == str(ref) for place in decided.because)
    return rule.object == str(ref) and action is not _ALLOW
