"""Which pods `port-forward` may go to, and where: by Service, workload or pod, like kubectl."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gossamer.lab.plan.documents import LabDocument, LabDocuments, Stanza
from gossamer.lab.plan.fronts import selects, target_port
from gossamer.lab.plan.pod.pod import PodPlan


class Unreachable(LookupError):
    """Nothing can be forwarded to; the text is for people."""


@dataclass(frozen=True, slots=True)
class ForwardTarget:
    """What a person names: a kind (`Service`, `Pod`, `Deployment`…), a name, and a port of it.

    The port is a number or a name; a Service's is its own, not that of its pods.
    """

    kind: str
    namespace: str
    name: str
    port: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class ReachedPort:
    """A pod, and the port that its application listens on."""

    pod: PodPlan
    number: int


def reached(
    target: ForwardTarget, documents: LabDocuments, pods: Iterable[PodPlan]
) -> tuple[ReachedPort, ...]:
    """Every pod behind the target, in the order given. Raises Unreachable where there is none."""
    if target.kind == "Service":
        ends = tuple(_of_service(target, documents, pods))
    else:
        ends = tuple(_of_pods(target, [pod for pod in pods if _is_meant(target, pod)]))
    if not ends:
        raise Unreachable(
            f"no pod of {target} has its port {target.port}; nothing is forwarded. Compare "
            "selector and targetPort of the Service with the labels and ports of its pods"
        )
    return ends


def _is_meant(target: ForwardTarget, pod: PodPlan) -> bool:
    if pod.namespace != target.namespace:
        return False
    if target.kind == "Pod":
        return pod.name == target.name
    return (pod.kind, pod.workload) == (target.kind, target.name)


def _of_pods(target: ForwardTarget, pods: Sequence[PodPlan]) -> Iterator[ReachedPort]:
    if not pods:
        raise Unreachable(
            f"there is no {target} with pods; nothing is forwarded. "
            "`gossamer get pods -A` lists all pods"
        )
    for pod in pods:
        yield ReachedPort(pod, _declared(target, pod))


def _declared(target: ForwardTarget, pod: PodPlan) -> int:
    """A number may be any that the application listens on; a name is one that the pod declares."""
    if target.port.isdigit():
        return int(target.port)
    named = {port.name: port.number for port in pod.ports if port.name and port.protocol == "TCP"}
    if target.port not in named:
        raise Unreachable(_no_port(target, named))
    return named[target.port]


def _of_service(
    target: ForwardTarget, documents: LabDocuments, pods: Iterable[PodPlan]
) -> Iterator[ReachedPort]:
    service = documents.get("Service", target.namespace, target.name)
    if service is None:
        raise Unreachable(
            f"there is no {target}; nothing is forwarded. `gossamer get svc -A` lists all"
        )
    stanza = _port(target, service)
    for pod in pods:
        if pod.namespace == service.namespace and selects(service, pod.labels):
            has_target = bool(stanza.text("targetPort"))
            number = target_port(stanza, pod) if has_target else stanza.number("port", 0)
            if number:
                yield ReachedPort(pod, number)


def _port(target: ForwardTarget, service: LabDocument) -> Stanza:
    stanzas = service.root.child("spec").children("ports")
    for stanza in stanzas:
        if target.port in (stanza.text("name"), stanza.text("port")):
            if stanza.text("protocol", "TCP") == "TCP":
                return stanza
            raise Unreachable(f"port {target.port} of {target} is not TCP; nothing is forwarded")
    raise Unreachable(_no_port(target, [_shown(stanza) for stanza in stanzas]))


def _shown(stanza: Stanza) -> str:
    name = stanza.text("name")
    return f"{stanza.text('port')} ({name})" if name else stanza.text("port")


def _no_port(target: ForwardTarget, known: Iterable[str]) -> str:
    listed = ", ".join(known)
    beside = f"it has {listed}" if listed else "it declares none"
    return f"{target} has no port {target.port}; nothing is forwarded: {beside}"
