"""Whether promises hold in a mesh: for every identity, port, method and path.

A promise that forbids is broken by one call that gets through, and that call is shown; if there is
none among values that stand for all, it holds. What an external service decides, and what a regular
expression says that is not read here, is left open: then the answer is that nothing is proven.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from gossamer.explain.promises.automaton import TooManyCombinations
from gossamer.explain.promises.callers import (
    Population,
    counted,
    pods_of,
    population_of,
)
from gossamer.explain.promises.formula import Formula
from gossamer.explain.promises.identities import IDENTITY, whose
from gossamer.explain.promises.promise import ANYBODY, OUTSIDE, Promise, PromiseKind
from gossamer.explain.promises.question import Answered, Question
from gossamer.explain.promises.ways_in import WayIn, ways_in
from gossamer.model.mesh import Mesh
from gossamer.model.policies.workload.mtls import MtlsMode
from gossamer.model.workload.pod import Pod


class Outcome(StrEnum):
    """What became of a promise."""

    HOLDS = "holds"
    BROKEN = "broken"
    UNPROVEN = "unproven"


@dataclass(frozen=True, slots=True)
class Proof:
    """The answer to a promise: why, and for a broken one the call that shows it.

    `sources` are pods that may be the call's.
    """

    promise: Promise
    outcome: Outcome
    reason: str
    shown: Answered | None = None
    sources: tuple[Pod, ...] = ()


_LEFT_OPEN = (
    "a call gets through if an external service says so, or if a regular expression that is not "
    "read here matches"
)
_TOO_MANY = "its policies can be met in more ways than are looked at"


def prove(mesh: Mesh, promises: Iterable[Promise]) -> tuple[Proof, ...]:
    """The answer to each promise."""
    population = population_of(mesh)
    return tuple(_proof(mesh, population, promise) for promise in promises)


def _proof(mesh: Mesh, population: Population, promise: Promise) -> Proof:
    unknown = _unknown(population, promise)
    if unknown:
        return Proof(promise, Outcome.UNPROVEN, f"there is no workload of {unknown} in the mesh")
    try:
        kept = _allowed if promise.kind is PromiseKind.MAY else _forbidden
        pods = (*population.pods, *population.gateways)
        return replace(kept(mesh, population, promise), sources=pods)
    except TooManyCombinations:
        return Proof(promise, Outcome.UNPROVEN, _TOO_MANY)


def _unknown(population: Population, promise: Promise) -> str:
    """The first party that nobody is: a promise about it says nothing."""
    named = (each for each in promise.sources if each != OUTSIDE)
    for party in (*named, promise.destination):
        if party != ANYBODY and not pods_of(population, party):
            return party
    return ""


def _forbidden(mesh: Mesh, population: Population, promise: Promise) -> Proof:
    """No call of the callers that it counts gets through anywhere."""
    doubt: Answered | None = None
    for arrival in _ways(mesh, population, promise):
        question = Question(arrival, promise, population)
        callers = counted(population, promise, arrival, question.subjects)
        if (call := question.call(callers)) is not None:
            shown = Answered(arrival, call, question.decides(call))
            return Proof(promise, Outcome.BROKEN, _lets_in(shown), shown)
        if doubt is None and (call := question.call_if_open(callers)) is not None:
            doubt = Answered(arrival, call, question.decides(call))
    if doubt is not None:
        return Proof(promise, Outcome.UNPROVEN, _LEFT_OPEN, doubt)
    return Proof(promise, Outcome.HOLDS, "no such call gets through")


def _allowed(mesh: Mesh, population: Population, promise: Promise) -> Proof:
    """Each source gets a call through to each destination."""
    ways = list(_ways(mesh, population, promise))
    for source in _sources(population, promise):
        for destination in pods_of(population, promise.destination):
            mine = [way for way in ways if way.pod.key == destination.key]
            proof = _gets_through(population, promise, source, mine)
            if proof is not None:
                return proof
    return Proof(promise, Outcome.HOLDS, "every source gets such a call through")


def _gets_through(
    population: Population, promise: Promise, source: Pod | None, ways: list[WayIn]
) -> Proof | None:
    """None if one way is open to the source; else what the promise comes to."""
    refused: Answered | None = None
    is_open = False
    for arrival in ways:
        if not arrival.requests and (promise.method or promise.path):
            continue
        question = Question(arrival, promise, population)
        caller = _as(source, arrival, question)
        if question.call(caller) is not None:
            return None
        is_open = is_open or question.call_if_open(caller) is not None
        if refused is None and (call := question.any_call(caller)) is not None:
            refused = Answered(arrival, call, question.decides(call))
    if is_open:
        return Proof(promise, Outcome.UNPROVEN, _LEFT_OPEN, refused)
    return Proof(promise, Outcome.BROKEN, "the call is denied", refused)


def _as(source: Pod | None, arrival: WayIn, question: Question) -> Formula:
    """Calls of one source: with its identity where it has one and is asked for it."""
    if source is None or not source.meshed or arrival.mode is MtlsMode.DISABLE:
        return question.anonymous
    language = whose(arrival.domains, source.namespace, source.service_account)
    return question.subjects.of_text(IDENTITY, source.key, language)


def _sources(population: Population, promise: Promise) -> Iterator[Pod | None]:
    for each in promise.sources:
        if each == OUTSIDE:
            yield None
        else:
            yield from pods_of(population, each)


def _ways(mesh: Mesh, population: Population, promise: Promise) -> Iterator[WayIn]:
    for pod in pods_of(population, promise.destination):
        yield from ways_in(mesh, pod, promise.port)


def _lets_in(shown: Answered) -> str:
    if not shown.arrival.guarded:
        return "no proxy takes the calls to that port, so no policy holds for it"
    if shown.rule is not None:
        return "a rule lets the call in"
    return "no policy refuses the call"
