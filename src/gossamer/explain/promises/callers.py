"""Whom the parties of a promise are: workloads of the mesh, and the identities that callers show.

In plaintext nobody shows one. Such a call may come from anywhere, so what is said of any source but
`outside` is said of plaintext, too: a pod without a proxy can stand in every namespace.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gossamer.explain.promises.formula import TRUE, Formula, Negation, some
from gossamer.explain.promises.identities import IDENTITY, identity_domain, whose
from gossamer.explain.promises.parts import ANYTHING
from gossamer.explain.promises.promise import ANYBODY, OUTSIDE, Promise, PromiseKind
from gossamer.explain.promises.subjects import Subjects
from gossamer.explain.promises.ways_in import WayIn
from gossamer.model import tables
from gossamer.model.mesh import Mesh
from gossamer.model.workload.pod import Pod, ProxyRole

_ACCOUNT = "/sa/"


@dataclass(frozen=True, slots=True)
class Population:
    """Who is in the mesh: pods with applications, and gateways with the hosts behind them."""

    pods: tuple[Pod, ...]
    gateways: tuple[Pod, ...]
    behind_gateways: frozenset[str]


def population_of(mesh: Mesh) -> Population:
    """Everybody. It walks the whole mesh: once for all promises."""
    pods: list[Pod] = []
    hosts: set[str] = set()
    for key, fact in mesh.facts.items():
        if key.table == tables.PODS.name:
            pods.append(fact)
        elif key.table == tables.GATEWAY_ROUTES.name:
            hosts |= {b.host for routes in fact for route in routes.routes for b in route.backends}
    pods.sort(key=lambda each: each.key)
    fronts = tuple(pod for pod in pods if pod.role is ProxyRole.GATEWAY)
    others = tuple(pod for pod in pods if pod.role is not ProxyRole.GATEWAY)
    return Population(others, fronts, frozenset(hosts))


def pods_of(population: Population, party: str) -> tuple[Pod, ...]:
    """One pod of each workload that a party means, in the order of their names."""
    by_workload: dict[object, Pod] = {}
    for pod in population.pods:
        if _means(party, pod):
            by_workload.setdefault((pod.namespace, pod.workload, pod.labels, pod.ports), pod)
    return tuple(by_workload.values())


def _means(party: str, pod: Pod) -> bool:
    namespace, _, name = party.partition("/")
    if party == ANYBODY:
        return True
    if pod.namespace != namespace:
        return False
    if _ACCOUNT in party:
        return party.rpartition("/")[2] == pod.service_account
    return not name or name == pod.workload


def identity_of(pod: Pod, domain: str) -> str:
    """What the certificate of a pod says."""
    return f"{domain}/ns/{pod.namespace}/sa/{pod.service_account}"


def counted(
    population: Population, promise: Promise, arrival: WayIn, subjects: Subjects
) -> Formula:
    """The callers whose calls a promise forbids, as they arrive."""
    named = some(
        part for each in promise.sources for part in _callers(population, each, arrival, subjects)
    )
    anonymous = Negation(subjects.of_text(IDENTITY, "any", ANYTHING))
    if promise.kind is PromiseKind.ONLY:
        return Negation(named)
    return some((named, anonymous))


def _callers(
    population: Population, source: str, arrival: WayIn, subjects: Subjects
) -> Iterable[Formula]:
    if source == ANYBODY:
        return (TRUE,)
    if source == OUTSIDE:  # a federated trust domain is none of the mesh's own
        own = subjects.of_text(IDENTITY, "own", identity_domain(arrival.domains))
        fronts = (_as(arrival, pod, subjects) for pod in _leading_gateways(population, arrival))
        return (Negation(own), *fronts)
    namespace, _, name = source.partition("/")
    if not name or _ACCOUNT in source:
        account = source.rpartition("/")[2] if name else None
        language = whose(arrival.domains, namespace, account)
        return (subjects.of_text(IDENTITY, source, language),)
    return [_as(arrival, pod, subjects) for pod in pods_of(population, source)]


def _as(arrival: WayIn, pod: Pod, subjects: Subjects) -> Formula:
    language = whose(arrival.domains, pod.namespace, pod.service_account)
    return subjects.of_text(IDENTITY, (pod.namespace, pod.service_account), language)


def _leading_gateways(population: Population, arrival: WayIn) -> tuple[Pod, ...]:
    """The gateways, if some gateway's route leads to a service of the workload."""
    leads = not population.behind_gateways.isdisjoint(arrival.hosts)
    return population.gateways if leads else ()
