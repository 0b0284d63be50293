"""The ports that a workload serves, as the services that select it say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import InboundView
from gossamer.model import tables
from gossamer.model.traffic.service import Protocol, Service, ServicePort


@dataclass(frozen=True, slots=True)
class ServedPort:
    """A port of the workload, and the service port that leads to it."""

    number: int
    service: Service
    port: ServicePort


def served_ports(read: TrackedLookup, view: InboundView) -> Mapping[int, ServedPort]:
    """By the workload's port; where two services lead to one, the first by name decides."""
    served: dict[int, ServedPort] = {}
    for host in view.hosts:
        for service in read.lookup(tables.SERVICES, host) or ():
            if service.namespace == view.namespace:
                for port in service.ports:
                    for number in _targets(read, view, service, port):
                        served.setdefault(number, ServedPort(number, service, port))
    return dict(sorted(served.items()))


def _targets(
    read: TrackedLookup, view: InboundView, service: Service, port: ServicePort
) -> Iterator[int]:
    """The workload's ports behind a port of a service that selects it, or names its address."""
    if port.protocol is Protocol.UDP:
        return
    if service.selector is None:
        endpoints = read.lookup(tables.ENDPOINTS, service.host) or ()
        numbers = {endpoint.port(port.number) for endpoint in endpoints}
        yield from sorted(number for number in numbers if number is not None)
        return
    target = _target(view, port)
    if target is not None:
        yield target


def _target(view: InboundView, port: ServicePort) -> int | None:
    if isinstance(port.target, int):
        return port.target
    return next((each.number for each in view.ports if each.name == port.target), None)
