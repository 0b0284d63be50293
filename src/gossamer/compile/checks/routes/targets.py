"""Ports of services against what stands behind them: container ports, aliases, other services."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.compile.checks.nearest import remedy_for
from gossamer.compile.checks.subject import Subject
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.model import tables
from gossamer.model.assembly.endpoints import target_of
from gossamer.model.assembly.visible import service_for
from gossamer.model.finding import Finding, Severity
from gossamer.model.ids import CLUSTER_DOMAIN
from gossamer.model.origin import Origin
from gossamer.model.traffic.service import Protocol, Service, ServicePort
from gossamer.model.workload.pod import Pod, ProxyRole

_LOOKED_AT = 20
"""Pods of a service, and services of a pod, that are compared: the others are like them."""


def missing_targets(read: TrackedLookup, subject: Subject, service: Service) -> Iterator[Finding]:
    """Target ports that no container behind the service declares, by name or by number."""
    pods = list(_members(read, service))
    declared = {port.number for pod in pods for port in pod.ports}
    whole = bool(pods) and all(pod.ports and pod.role is not ProxyRole.GATEWAY for pod in pods)
    for number, port in enumerate(service.ports):
        place = subject.at(f"spec.ports[{number}]")
        if isinstance(port.target, str):
            lacking = [pod for pod in pods if not pod.port_named(port.target)]
            if pods and len(lacking) == len(pods):
                yield _no_name(place, port.target, _unanswered(port))
            elif lacking:
                yield _no_name_in_some(place, port.target, lacking[0], len(lacking))
        elif whole and port.target not in declared:
            yield _no_number(place, port.target, declared, _unanswered(port))


def nobodys_aliases(read: TrackedLookup, subject: Subject, service: Service) -> Iterator[Finding]:
    """An ExternalName that stands for a service of the cluster that is not there."""
    ours = service.alias.endswith(f".svc.{CLUSTER_DOMAIN}")
    if ours and not read.lookup(tables.SERVICES, service.alias):
        yield Finding(
            subject.at("spec.externalName"),
            f"there is no service {service.alias}, which it is an alias of",
            f"calls to {service.host} are not answered",
            remedy_for(read, service.alias, "Declare the Service, or fix externalName"),
            "dangling-host",
            Severity.WARNING,
        )


def missing_alias_ports(
    read: TrackedLookup, subject: Subject, service: Service
) -> Iterator[Finding]:
    """Ports of an ExternalName that the service it stands for does not have."""
    target = service_for(read, service.alias, service.namespace) if service.alias else None
    for number, port in enumerate(service.ports if target else ()):
        if target and not target.alias and target.port(port.number) is None:
            ports = ", ".join(str(each.number) for each in target.ports) or "none"
            yield Finding(
                subject.at(f"spec.ports[{number}]"),
                f"{target.host}, its alias target, has no port {port.number}; it has {ports}",
                f"calls to port {port.number} of {service.host} fail with status 503",
                "Name a port of that service, for an ExternalName changes no port",
                "dangling-port",
                Severity.WARNING,
            )


def clashing_protocols(
    read: TrackedLookup, subject: Subject, service: Service
) -> Iterator[Finding]:
    """Ports that another service leads to the same port of the same pods by another protocol."""
    pod = next(_members(read, service), None)
    if pod is None:
        return
    hosts = (read.lookup(tables.POD_SERVICES, pod.key) or ())[:_LOOKED_AT]
    others = [each for host in hosts for each in read.lookup(tables.SERVICES, host) or ()]
    for number, port in enumerate(service.ports):
        target = target_of(port, pod)
        met = (
            (other, each)
            for other in others
            if other.object != service.object
            for each in other.ports
            if target is not None and target_of(each, pod) == target and _clash(port, each)
        )
        for other, each in list(met)[:1]:
            yield Finding(
                subject.at(f"spec.ports[{number}]"),
                f"port {target} of {pod.key} is {port.protocol} here and {each.protocol} in "
                f"{other.object}",
                "one of the two decides the protocol that its proxy uses for the port",
                "Give both ports the same protocol, by appProtocol or the beginning of the name",
                "clashing-protocols",
                Severity.WARNING,
            )


def _clash(one: ServicePort, other: ServicePort) -> bool:
    """Whether one is HTTP and the other opaque; a port without a name may be either."""
    opaque = (Protocol.TCP, Protocol.TLS, Protocol.HTTPS)
    declared = bool(one.name and other.name)
    mixed = {one.protocol.is_http, other.protocol.is_http} == {True, False}
    return declared and mixed and (one.protocol in opaque or other.protocol in opaque)


def _members(read: TrackedLookup, service: Service) -> Iterator[Pod]:
    keys = sorted(read.lookup(tables.MEMBERS, service.host) or ())[:_LOOKED_AT]
    return (pod for key in keys if (pod := read.lookup(tables.PODS, key)))


def _unanswered(port: ServicePort) -> str:
    """What becomes of calls where nothing listens."""
    if port.protocol is Protocol.UDP:
        return "datagrams to this port are lost"
    return "calls to this port fail with status 503"


def _no_name(place: Origin, name: str, effect: str) -> Finding:
    return Finding(
        place,
        f"no pod behind the service has a port of the name {name}",
        effect,
        "Name a container port of the pods, or write its number",
        "unknown-target-port",
        Severity.WARNING,
    )


def _no_name_in_some(place: Origin, name: str, pod: Pod, count: int) -> Finding:
    others = f" and {count - 1} more pods behind the service have" if count > 1 else " has"
    return Finding(
        place,
        f"{pod.key}{others} no port of the name {name}; other pods behind it have",
        "calls to this port go to the other pods only",
        "Name the port in these pods, too; if they are not meant, select the others by a label",
        "unknown-target-port",
        Severity.INFO,
    )


def _no_number(place: Origin, number: int, declared: set[int], effect: str) -> Finding:
    return Finding(
        place,
        f"no container behind the service declares port {number}; theirs: "
        f"{', '.join(map(str, sorted(declared)))}",
        f"{effect}, unless an application listens there undeclared",
        "Write a container port of the pods as targetPort, or declare it in the container",
        "unknown-target-port",
        Severity.WARNING,
    )
