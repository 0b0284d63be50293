"""Clients that speak otherwise than the workloads take: reported on the destination and on the
policy.

One side is plaintext, or TLS of its own, where mutual TLS alone is taken; or mutual TLS where there
is nobody to speak it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from heapq import nsmallest
from itertools import islice

from immutables import Map

from gossamer.compile.checks.subject import Subject
from gossamer.compile.engine.once import Once
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.tls.mtls import ruling_mode
from gossamer.model import tables
from gossamer.model.assembly.endpoints import target_of
from gossamer.model.assembly.visible import destination_for, service_for, workload_policies
from gossamer.model.finding import Finding, Severity
from gossamer.model.ids import CLUSTER_DOMAIN, EVERYWHERE, ROOT_NAMESPACE, WIDE
from gossamer.model.origin import ObjectRef, Origin
from gossamer.model.policies import Policies
from gossamer.model.policies.client_tls import ClientTls, ClientTlsMode
from gossamer.model.policies.workload.mtls import MtlsMode
from gossamer.model.traffic.destination import Destination
from gossamer.model.traffic.service import ServicePort
from gossamer.model.workload.labels import Labels, selects
from gossamer.model.workload.pod import Pod
from gossamer.model.workload.workload_policy import WorkloadPolicy

_LOOKED_THROUGH = 200
"""Hosts of a namespace, and claims on a host, among which a policy's clients are looked for."""


def _by_namespace(hosts: Iterable[str]) -> dict[str, list[str]]:
    """The hosts of Services, by their namespace."""
    by_namespace: dict[str, list[str]] = {}
    for host in hosts:
        if host.endswith(f".svc.{CLUSTER_DOMAIN}"):
            by_namespace.setdefault(host.split(".")[1], []).append(host)
    return by_namespace


_BY_NAMESPACE = Once(_by_namespace)
_PLAINTEXT = "plaintext alone"
_MUTUAL = "the mesh's mutual TLS only"
_SENT = {
    ClientTlsMode.DISABLE: "in plaintext",
    ClientTlsMode.SIMPLE: "with TLS of their own",
    ClientTlsMode.MUTUAL: "with TLS of their own",
    ClientTlsMode.ISTIO_MUTUAL: "with the mesh's mutual TLS",
}


@dataclass(frozen=True, slots=True)
class _Met:
    """A pod that refuses a destination's calls, what it takes, and the policy that says so."""

    pod: Pod
    mode: ClientTlsMode
    takes: str
    policy: ObjectRef | None
    place: tuple[str, ...] = ()

    @property
    def sent(self) -> str:
        """How the calls come."""
        return _SENT[self.mode]


@dataclass(frozen=True, slots=True)
class _Way:
    """How a destination sends the calls to some pods, on one port or on all but some."""

    mode: ClientTlsMode
    place: tuple[str, ...]
    labels: Labels
    port: int | None = None
    replaced: tuple[int, ...] = ()

    def holds_for(self, port: ServicePort) -> bool:
        """Whether calls to this port are sent so."""
        return self.port in (None, port.number) and port.number not in self.replaced


def refused_clients(read: TrackedLookup, subject: Subject, mine: Destination) -> Iterator[Finding]:
    """Calls that a destination sends in a way that its workloads refuse; of a wildcard, some."""
    for host in _ruled(read, mine) if mine.client_tls else ():
        met = _met(read, mine, host)
        if met is not None:
            yield _told(
                subject.at(*met.place),
                met,
                f"calls to {host} go {met.sent}, and {met.pod.key} takes {met.takes}",
                "Remove tls (mutual TLS is automatic where it is possible), or set the "
                "PeerAuthentication that holds there to PERMISSIVE",
            )
            return


@dataclass(frozen=True, slots=True)
class RefusedCalls:
    """Calls from a namespace to a host that a destination sends as their workload refuses."""

    reason: str
    destination: ObjectRef
    fields: tuple[str, ...]
    policy: ObjectRef | None


def refused_calls(read: TrackedLookup, namespace: str, host: str) -> RefusedCalls | None:
    """Whether calls from that namespace to that host are refused, on any of its ports."""
    service = service_for(read, host, namespace)
    mine = destination_for(read, service, namespace) if service else None
    met = _met(read, mine, host) if mine is not None else None
    if mine is None or met is None:
        return None
    reason = f"{mine.object} sends them {met.sent}, and {met.pod.key} takes {met.takes}"
    return RefusedCalls(reason, mine.object, met.place, met.policy)


def refusing_policies(
    read: TrackedLookup, subject: Subject, mine: WorkloadPolicy
) -> Iterator[Finding]:
    """Destinations whose calls this policy has refused."""
    scope = EVERYWHERE if mine.namespace == ROOT_NAMESPACE else mine.namespace
    reported: set[str] = set()
    for pattern, claim, host in islice(_calls(read, scope), _LOOKED_THROUGH**2):
        met = None if pattern in reported else _met(read, claim, host)
        if met and met.policy == mine.object:
            reported.add(pattern)
            yield _told(
                subject.at("spec.mtls", "spec.portLevelMtls"),
                met,
                f"{met.pod.key} takes {met.takes}, and calls to {host} go {met.sent} by "
                f"{claim.object}",
                f"Set the mode to PERMISSIVE, or remove tls from {claim.object}",
            )


def _calls(read: TrackedLookup, scope: str) -> Iterator[tuple[str, Destination, str]]:
    """Each host or wildcard for which destinations choose a mode, with these, and the hosts of a
    namespace that they rule."""
    known = dict(read.lookup(tables.MUTUAL_HOSTS, scope) or {})
    if scope != EVERYWHERE:
        known.update(read.lookup(tables.MUTUAL_HOSTS, WIDE) or {})
    for pattern in nsmallest(_LOOKED_THROUGH, known):
        for claim in (read.lookup(tables.DESTINATIONS, pattern) or ())[:_LOOKED_THROUGH]:
            for host in _ruled(read, claim, scope) if claim.client_tls else ():
                yield pattern, claim, host


def _ruled(read: TrackedLookup, mine: Destination, scope: str = EVERYWHERE) -> Iterator[str]:
    """Its host; of a wildcard those in that namespace that no narrower destination rules."""
    if not mine.host.startswith(EVERYWHERE):
        yield mine.host
        return
    hosts: Map[str, None] = read.lookup(tables.HOSTS, EVERYWHERE) or Map()
    near = hosts if scope == EVERYWHERE else _BY_NAMESPACE(hosts).get(scope, ())
    covered = (host for host in near if host.endswith(mine.host.removeprefix(EVERYWHERE)))
    for host in nsmallest(_LOOKED_THROUGH, covered):
        service = service_for(read, host, mine.namespace)
        ruling = destination_for(read, service, mine.namespace) if service else None
        if ruling is not None and ruling.object == mine.object:
            yield host


def _told(place: Origin, met: _Met, message: str, remedy: str) -> Finding:
    plain = met.mode is ClientTlsMode.DISABLE
    return Finding(
        place,
        message,
        "these calls are refused",
        remedy,
        "mutual-tls-refused"
        if met.mode is ClientTlsMode.ISTIO_MUTUAL
        else "plaintext-refused"
        if plain
        else "own-tls-refused",
        Severity.WARNING,
    )


def _met(read: TrackedLookup, mine: Destination, host: str) -> _Met | None:
    """A pod behind a host that refuses what the destination sends, on one of its ports."""
    ways = list(_ways(mine))
    services = read.lookup(tables.SERVICES, host)
    if not ways or not services:
        return None
    members = sorted(read.lookup(tables.MEMBERS, host) or ())[:_LOOKED_THROUGH]
    pods = [pod for key in members if (pod := read.lookup(tables.PODS, key))]
    for way in ways:
        near = [pod for pod in pods if selects(way.labels, pod.labels)]
        for port in filter(way.holds_for, services[0].ports):
            for pod in near:
                meeting = _at(read, pod, target_of(port, pod), way.mode)
                if meeting:
                    return replace(meeting, place=way.place)
    return None


def _ways(mine: Destination) -> Iterator[_Way]:
    """Each TLS mode that the destination chooses: for the host, its ports and its subsets."""
    yield from _of_level(mine.policies, mine.port_policies, (), "spec.trafficPolicy")
    for number, subset in enumerate(mine.subsets):
        place = f"spec.subsets[{number}].trafficPolicy"
        yield from _of_level(subset.policies, subset.port_policies, subset.labels, place)


def _of_level(
    own: Policies, by_port: tuple[tuple[int, Policies], ...], labels: Labels, place: str
) -> Iterator[_Way]:
    if tls := own.get(ClientTls):
        replaced = tuple(number for number, _ in by_port)
        yield _Way(tls.mode, (f"{place}.tls", place), labels, replaced=replaced)
    for at, (number, policies) in enumerate(by_port):
        if tls := policies.get(ClientTls):
            item = f"{place}.portLevelSettings[{at}]"
            yield _Way(tls.mode, (f"{item}.tls", item, place), labels, port=number)


def _at(read: TrackedLookup, pod: Pod, port: int | None, sent: ClientTlsMode) -> _Met | None:
    if port is None:
        return None
    if not pod.captures(port):
        takes = f"{_PLAINTEXT}: it has no proxy there"
        return _Met(pod, sent, takes, None) if sent is ClientTlsMode.ISTIO_MUTUAL else None
    ruling = ruling_mode(workload_policies(read, pod), port)
    policy, mode = ruling.policy, ruling.mode
    if mode is MtlsMode.STRICT and sent is not ClientTlsMode.ISTIO_MUTUAL:
        return _Met(pod, sent, _MUTUAL, policy)
    if mode is MtlsMode.DISABLE and sent is ClientTlsMode.ISTIO_MUTUAL:
        return _Met(pod, sent, _PLAINTEXT, policy)
    return None
