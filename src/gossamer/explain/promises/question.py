"""One question: does a call that a promise speaks of get through, by one way into a workload?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gossamer.explain.promises.callers import Population, identity_of
from gossamer.explain.promises.formula import (
    FALSE,
    TRUE,
    Formula,
    Negation,
    SubjectKey,
    every,
    known,
)
from gossamer.explain.promises.identities import IDENTITY
from gossamer.explain.promises.languages import language_of
from gossamer.explain.promises.parts import ANYTHING
from gossamer.explain.promises.policy_formula import (
    DecidingRule,
    PortOfMesh,
    is_unread,
    let_through,
    named_rules,
)
from gossamer.explain.promises.promise import Promise
from gossamer.explain.promises.search import Candidate, Candidates, FoundCall, find
from gossamer.explain.promises.subjects import Subjects
from gossamer.explain.promises.ways_in import WayIn
from gossamer.model.policies.workload.authorization import (
    Attribute,
    AuthorizationAction,
    ValueCompare,
    ValueMatch,
)
from gossamer.model.policies.workload.mtls import MtlsMode


class Question:
    """The policies of one way in, and what narrows the calls that are asked about."""

    def __init__(self, arrival: WayIn, promise: Promise, population: Population) -> None:
        self.arrival = arrival
        self.subjects = Subjects(arrival.admitted, _preferred(arrival, promise, population))
        place = PortOfMesh(arrival.port, arrival.domains)
        self._rules = named_rules(arrival.holding, place, self.subjects)
        self._narrowed = self._asked_for(promise)

    @property
    def anonymous(self) -> Formula:
        """Calls without an identity."""
        return Negation(self.subjects.of_text(IDENTITY, "any", ANYTHING))

    def call(self, callers: Formula) -> FoundCall | None:
        """A call of these callers that gets through, whatever is left open."""
        through = let_through(self.arrival.holding, self._rules, asked=FALSE)
        candidates = self._candidates()
        settled = {s: values for s, values in candidates.items() if not is_unread(s)}
        return find(every((callers, self._narrowed, through)), settled)

    def call_if_open(self, callers: Formula) -> FoundCall | None:
        """One that gets through if all that is left open turns out well for it."""
        through = let_through(self.arrival.holding, self._rules, asked=TRUE)
        return find(every((callers, self._narrowed, through)), self._candidates())

    def any_call(self, callers: Formula) -> FoundCall | None:
        """A call that is asked about, whether or not it gets through."""
        return find(every((callers, self._narrowed)), self._candidates())

    def decides(self, call: FoundCall) -> DecidingRule | None:
        """The rule that refuses a call, else the one that lets it in; None if none matches."""
        met = {subject: each.met for subject, each in call.items()}
        for action in (AuthorizationAction.DENY, AuthorizationAction.ALLOW):
            for rule in self._rules:
                if rule.holding.action is action and known(rule.matches, met):
                    return rule
        return None

    def _asked_for(self, promise: Promise) -> Formula:
        """Bytes may be any request: where none are read, a promise's method and path are open."""
        if not self.arrival.requests:
            return TRUE
        parts: list[Formula] = []
        if promise.method:
            match = ValueMatch(ValueCompare.EXACT, promise.method)
            parts.append(self._of(Attribute.METHOD, match))
        if promise.path:
            parts.append(self._of(Attribute.PATH, promise.path))
        return every(parts)

    def _of(self, attribute: Attribute, match: ValueMatch) -> Formula:
        return self.subjects.of_text((attribute.value,), match, language_of(match))

    def _candidates(self) -> Candidates:
        """As the way in allows: who comes in plaintext has no identity, and who must not come so
        has one."""
        candidates = dict(self.subjects.candidates())
        mode = self.arrival.mode
        with_identity = () if mode is MtlsMode.DISABLE else candidates.get(IDENTITY, ())
        without = () if mode is MtlsMode.STRICT else (Candidate(None, 0),)
        candidates[IDENTITY] = (*with_identity, *without)
        return {IDENTITY: candidates.pop(IDENTITY), **candidates}


def _preferred(
    arrival: WayIn, promise: Promise, population: Population
) -> Mapping[SubjectKey, Sequence[str]]:
    """Values that are tried first: those of who is there."""
    pods = sorted(population.pods, key=lambda pod: not _is_named(promise, pod.namespace))
    addresses = [address for pod in pods for address in pod.addresses]
    every_pod = (*pods, *population.gateways)
    return {
        IDENTITY: [identity_of(pod, domain) for pod in every_pod for domain in arrival.domains],
        (Attribute.DIRECT_IP.value,): addresses,
        (Attribute.REMOTE_IP.value,): addresses,
        (Attribute.DESTINATION_IP.value,): arrival.pod.addresses,
        (Attribute.HOST.value,): arrival.hosts,
        (Attribute.PATH.value,): (promise.path.text,) if promise.path else (),
        (Attribute.METHOD.value,): (promise.method,) if promise.method else (),
    }


def _is_named(promise: Promise, namespace: str) -> bool:
    return any(source.partition("/")[0] == namespace for source in promise.sources)


@dataclass(frozen=True, slots=True)
class Answered:
    """What a question came to: a call, with the rule that decides about it."""

    arrival: WayIn
    call: FoundCall
    rule: DecidingRule | None
