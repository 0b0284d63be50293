"""Which Services this machine is given an address for: LoadBalancers, NodePorts and web fronts.

A cluster has load balancers, node addresses and an Ingress for what people open in a browser. A
lab offers the same ports at 127.0.0.1. Many manifests have none of the three, for their authors
use `kubectl port-forward`: there the Services that look like a web front are offered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gossamer.dialects.values.protocol import protocol_of, protocol_of_name, protocol_of_port
from gossamer.lab.plan.documents import LabDocument, LabDocuments, Stanza
from gossamer.lab.plan.fronts import selects, target_port
from gossamer.lab.plan.gateways import gateway_uses
from gossamer.lab.plan.pod.pod import PodPlan
from gossamer.model.traffic.service import Protocol

ANNOTATION = "gossamer.dev/publish"
"""On a Service: "true" offers any, "false" withholds even a LoadBalancer."""

TYPES = ("LoadBalancer", "NodePort")
_FRONT_WORDS = frozenset(
    ("dashboard", "front", "frontend", "gateway", "portal", "site", "storefront", "ui", "web")
) | {"webapp", "website", "webui", "www"}
_BYTES = (22, 2181, 4222, 5432, 5672, 6379, 9042, 9092, 11211)
"""Ports of well-known servers that speak no HTTP, where no protocol is declared."""
_TLS = (443, 8443)
_SCHEMES = {
    Protocol.HTTP: "http",
    Protocol.HTTP2: "http",
    Protocol.GRPC: "grpc",
    Protocol.HTTPS: "https",
    Protocol.TLS: "tls",
    Protocol.TCP: "tcp",
}


@dataclass(frozen=True, slots=True)
class PublishedPort:
    """A Service's port that is offered at 127.0.0.1. `wanted` is the host port it should have."""

    service: LabDocument
    stanza: Stanza
    number: int
    scheme: str
    wanted: int

    @property
    def name(self) -> str:
        """`NAMESPACE/NAME` of the Service."""
        return f"{self.service.namespace}/{self.service.name}"

    def target(self, pod: PodPlan) -> int | None:
        """Where a pod takes what comes to the port; None for a pod that the Service is not for."""
        if pod.namespace != self.service.namespace or not selects(self.service, pod.labels):
            return None
        named = self.stanza.text("targetPort")
        return target_port(self.stanza, pod) if named else self.number


def published_ports(documents: LabDocuments, pods: Iterable[PodPlan]) -> tuple[PublishedPort, ...]:
    """Every port that is offered, of Services with pods; what gateways serve is left to them."""
    held = tuple(pods)
    served = [each for each in documents.of("Service") if _has_pods(each, held)]
    if not gateway_uses(documents):
        fronts = {(each.namespace, each.name) for each in _fronts(served)}
    else:
        fronts = set()
    chosen = (
        each
        for each in served
        if _asked(each, _is_open(each) or (each.namespace, each.name) in fronts)
    )
    return tuple(port for each in chosen for port in _ports(each))


def _has_pods(service: LabDocument, pods: Sequence[PodPlan]) -> bool:
    """Whether it leads to pods that run an application."""
    behind = [p for p in pods if p.namespace == service.namespace and selects(service, p.labels)]
    return bool(behind) and not any(pod.gateway for pod in behind)


def _asked(service: LabDocument, otherwise: bool) -> bool:
    """What its author says; else whether Kubernetes' own words or its name call for it."""
    value = service.root.child("metadata").child("annotations").value.get(ANNOTATION)
    known = {"true": True, "false": False}
    return known.get(str(value).lower(), otherwise)


def _is_open(service: LabDocument) -> bool:
    return service.root.child("spec").text("type") in TYPES


def _fronts(services: Sequence[LabDocument]) -> Iterator[LabDocument]:
    """Of each namespace that opens nothing: who is named like a front, or its only HTTP service."""
    opened = {each.namespace for each in services if _is_open(each)}
    for namespace in sorted({each.namespace for each in services} - opened):
        web = [each for each in services if each.namespace == namespace and _speaks_http(each)]
        named = [each for each in web if _FRONT_WORDS & set(re.split(r"[^a-z]+", each.name))]
        yield from named or (web if len(web) == 1 else ())


def _speaks_http(service: LabDocument) -> bool:
    spec = service.root.child("spec")
    headless = spec.text("clusterIP") == "None"
    return not headless and any(_scheme(port) == "http" for port in spec.children("ports"))


def _ports(service: LabDocument) -> Iterator[PublishedPort]:
    for stanza in service.root.child("spec").children("ports"):
        number = stanza.number("port", 0)
        if number and stanza.text("protocol", "TCP") == "TCP":
            wanted = stanza.number("nodePort", 0) or number
            yield PublishedPort(service, stanza, number, _scheme(stanza), wanted)


def _scheme(port: Stanza) -> str:
    """What to write before `://`: as declared, else as the number suggests, else http."""
    protocol = protocol_of(port.text("appProtocol")) or protocol_of_name(port.text("name"))
    return _SCHEMES.get(protocol or _usual(port.number("port", 0)), "tcp")


def _usual(number: int) -> Protocol:
    if number in _TLS:
        return Protocol.HTTPS
    is_bytes = number in _BYTES or protocol_of_port(number) is Protocol.TCP
    return Protocol.TCP if is_bytes else Protocol.HTTP
