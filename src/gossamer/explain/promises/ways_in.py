"""The ways by which a call can arrive at a workload: its ports, what they take, from whom.

A port that reads requests, one that carries bytes, one of undeclared protocol that does either; and
one more that no Service and no policy names, for all others. A pod without a proxy, or a port that
its proxy does not take, is open to everybody, whatever policies say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import inbound_view, views_of
from gossamer.compile.lookup.authorization import (
    DecidingObject,
    for_bytes,
    holding,
    trust_domains,
)
from gossamer.compile.lookup.federation import admitted_domains
from gossamer.compile.lookup.inbound_ports import served_ports
from gossamer.compile.lookup.workload_policies import policies_of
from gossamer.compile.tls.mtls import mtls_mode, spoken_ports
from gossamer.model.mesh import Mesh
from gossamer.model.policies.workload.authorization import Attribute
from gossamer.model.policies.workload.mtls import MtlsMode
from gossamer.model.traffic.service import Protocol
from gossamer.model.workload.pod import Pod


@dataclass(frozen=True, slots=True)
class WayIn:
    """One way in: a port, whether requests are read there, and how callers may come.

    `domains` are the names of the mesh's own trust domain, `admitted` those and the federated ones.
    `guarded` is false where no proxy stands in the way; `holding` are the objects that decide.
    """

    pod: Pod
    port: int
    requests: bool
    mode: MtlsMode
    domains: tuple[str, ...]
    admitted: tuple[str, ...]
    holding: tuple[DecidingObject, ...] = ()
    guarded: bool = True
    hosts: tuple[str, ...] = ()


def ways_in(mesh: Mesh, pod: Pod, port: int | None = None) -> Iterator[WayIn]:
    """Every way into a pod, or those by one port."""
    read = TrackedLookup(mesh)
    view, workload = inbound_view(mesh, pod), views_of(mesh, pod).workload
    domains, objects = trust_domains(read), holding(read, workload)
    admitted = admitted_domains(read)
    policies, served = policies_of(read, pod.namespace, pod.labels), served_ports(read, view)
    named = {*served, *spoken_ports(policies), *_named_ports(objects), *pod.uncaptured_ports}
    for number in [port] if port else sorted({*named, _another(named)}):
        if not pod.captures(number):
            yield WayIn(pod, number, False, MtlsMode.DISABLE, domains, admitted, guarded=False)
            continue
        protocol = served[number].port.protocol if number in served else Protocol.TCP
        mode = mtls_mode(read, policies, number)
        if protocol.is_http or protocol is Protocol.UNDECLARED:
            yield WayIn(pod, number, True, mode, domains, admitted, objects, hosts=view.hosts)
        if not protocol.is_http:
            of_bytes = tuple(map(for_bytes, objects))
            yield WayIn(pod, number, False, mode, domains, admitted, of_bytes, hosts=view.hosts)


def _named_ports(objects: Iterable[DecidingObject]) -> Iterator[int]:
    for each in objects:
        for _, rule in each.rules:
            for part in (*rule.sources, *rule.operations, rule.conditions):
                for condition in part:
                    if condition.attribute is Attribute.PORT:
                        values = (*condition.values, *condition.excluded)
                        yield from (int(value.text) for value in values)


def _another(named: set[int]) -> int:
    """A port that stands for all that nobody names."""
    return next(number for number in range(9999, 65535) if number not in named)
