"""The Services in front of pods: whom they select, and where they lead a port."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gossamer.lab.plan.documents import LabDocument, LabDocuments, Stanza
from gossamer.lab.plan.pod.pod import PodPlan

_KINDS = ("Service", "ServiceEntry")


def namespaces_in_front(documents: LabDocuments, labels: Mapping[str, str]) -> set[str]:
    """The namespaces with a Service that selects pods with these labels."""
    return {each.namespace for each in documents.of("Service") if selects(each, labels)}


def arrival_port(documents: LabDocuments, pod: PodPlan, number: int) -> int:
    """Where a gateway's pod takes connections to that port: the target that a Service gives it.

    Several Services may lead the port to several targets; the gateway listens on all, and one
    serves the port.
    """
    return min(_targets(documents, pod, number), default=number)


def _targets(documents: LabDocuments, pod: PodPlan, number: int) -> Iterator[int]:
    for service in documents.of(*_KINDS):
        if service.namespace == pod.namespace and selects(service, pod.labels):
            for port in service.root.child("spec").children("ports"):
                if _number(port) == number:
                    yield target_port(port, pod) or number


def _number(port: Stanza) -> int:
    return port.number("port", 0) or port.number("number", 0)


def target_port(port: Stanza, pod: PodPlan) -> int | None:
    """The number of a Service port's targetPort in that pod; None where it names none."""
    target = port.text("targetPort")
    if target.isdigit():
        return int(target)
    ports = (*pod.ports, *pod.gateway_ports)
    return next((each.number for each in ports if target and each.name == target), None)


def selects(service: LabDocument, labels: Mapping[str, str]) -> bool:
    """Whether a Service is for pods with these labels; one without a selector is for none."""
    spec = service.root.child("spec")
    selector = spec.pairs("selector") or spec.child("workloadSelector").pairs("labels")
    return bool(selector) and selector.items() <= labels.items()
