"""Gateways: a pod for each one that has none, and the ports that the edge opens for them.

An Istio gateway's stand-in runs where people's own would: in the namespace of a Service that
selects it, else in istio-system. So what they wrote for their gateway there holds in a lab.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from gossamer.lab.plan.documents import LabDocument, LabDocuments
from gossamer.lab.plan.fronts import namespaces_in_front
from gossamer.lab.plan.naming import suffix, template_hash
from gossamer.lab.plan.pod.command import LabSettings
from gossamer.lab.plan.pod.pod import ContainerPort, PodPlan
from gossamer.model.ids import ROOT_NAMESPACE

ISTIO = "networking.istio.io"
GATEWAY_API = "gateway.networking.k8s.io"
GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name"
_NOT_OURS = ("istio-waypoint", "istio-remote")


@dataclass(frozen=True, slots=True)
class GatewayUse:
    """One Gateway document: the labels of its pods, and the ports it listens on.

    An Istio selector finds pods in every namespace; a Gateway API one only in its own.
    """

    document: LabDocument
    selector: Mapping[str, str]
    ports: tuple[ContainerPort, ...]

    @property
    def everywhere(self) -> bool:
        return self.document.group == ISTIO

    def selects(self, pod: PodPlan) -> bool:
        """Whether the pod serves this Gateway."""
        if not self.everywhere and pod.namespace != self.document.namespace:
            return False
        return all(pod.labels.get(key) == value for key, value in self.selector.items())


def gateway_uses(documents: LabDocuments) -> tuple[GatewayUse, ...]:
    """Every Gateway that a lab serves, of either dialect."""
    uses = (_use(document) for document in documents.of("Gateway"))
    return tuple(use for use in uses if use is not None)


def _use(document: LabDocument) -> GatewayUse | None:
    spec = document.root.child("spec")
    if document.group == ISTIO:
        selector = spec.pairs("selector")
        ports = tuple(_istio_ports(document))
        return GatewayUse(document, selector, ports) if selector else None
    if document.group == GATEWAY_API and spec.text("gatewayClassName") not in _NOT_OURS:
        return GatewayUse(document, {GATEWAY_NAME: document.name}, tuple(_listeners(document)))
    return None


def _istio_ports(document: LabDocument) -> Iterator[ContainerPort]:
    for server in document.root.child("spec").children("servers"):
        port = server.child("port")
        if number := port.number("number", 0):
            yield ContainerPort(number, port.text("name"), port.text("protocol", "HTTP").upper())


def _listeners(document: LabDocument) -> Iterator[ContainerPort]:
    for listener in document.root.child("spec").children("listeners"):
        if number := listener.number("port", 0):
            yield ContainerPort(
                number, listener.text("name"), listener.text("protocol", "HTTP").upper()
            )


def gateway_pods(
    documents: LabDocuments, planned: Iterable[PodPlan], settings: LabSettings
) -> tuple[PodPlan, ...]:
    """One pod per selector that no planned pod answers."""
    pods: list[PodPlan] = []
    by_label: dict[tuple[str, str], list[PodPlan]] = {}
    for pod in planned:
        _note(by_label, pod)
    for use in gateway_uses(documents):
        near = by_label.get(next(iter(use.selector.items())), ())
        if not any(use.selects(pod) for pod in near):
            pods.append(_pod(use, _home(use, documents), settings))
            _note(by_label, pods[-1])
    return tuple(pods)


def _note(by_label: dict[tuple[str, str], list[PodPlan]], pod: PodPlan) -> None:
    for pair in pod.labels.items():
        by_label.setdefault(pair, []).append(pod)


def _home(use: GatewayUse, documents: LabDocuments) -> str:
    """The namespace that a stand-in runs in."""
    if not use.everywhere:
        return use.document.namespace
    homes = namespaces_in_front(documents, _labels(use))
    return ROOT_NAMESPACE if ROOT_NAMESPACE in homes or not homes else min(homes)


def _labels(use: GatewayUse) -> dict[str, str]:
    return {"app": _workload(use), **use.selector}


def _pod(use: GatewayUse, namespace: str, settings: LabSettings) -> PodPlan:
    workload = _workload(use)
    restarts = settings.restarts.get(f"Deployment {namespace}/{workload}", 0)
    template = template_hash({"selector": dict(use.selector), "restarts": restarts})
    end = suffix(settings.lab, "Gateway", namespace, workload, template, 0)
    return PodPlan(
        namespace=namespace,
        name=f"{workload}-{template}-{end}",
        workload=workload,
        kind="Deployment",
        template=template,
        labels={**_labels(use), "pod-template-hash": template},
        service_account=workload,
        termination_grace_s=5.0,
        gateway=True,
        stand_in=True,
    )


def _workload(use: GatewayUse) -> str:
    """Named as the field does: the `istio` label's value, or `NAME-CLASS`."""
    if use.everywhere:
        return use.selector.get("istio") or use.document.name
    return f"{use.document.name}-{use.document.root.child('spec').text('gatewayClassName')}"


def with_gateway_ports(pod: PodPlan, uses: Iterable[GatewayUse]) -> PodPlan:
    """A gateway's plan together with the ports that are bound to it now."""
    if not pod.gateway:
        return pod
    numbers = {port.number: port for use in uses if use.selects(pod) for port in use.ports}
    return replace(pod, gateway_ports=tuple(numbers[number] for number in sorted(numbers)))
