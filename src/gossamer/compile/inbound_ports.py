"""The ports that a workload serves, as the services that select it say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gossamer.compile.reads import Reader
from gossamer.compile.views import Inbound
from gossamer.model import tables
from gossamer.model.service import Protocol, Service, ServicePort


@dataclass(frozen=True, slots=True)
class Served:
    """A port of the workload, and the service port that leads to it."""

    number: int
    service: Service
    port: ServicePort


def served_ports(read: Reader, view: Inbound) -> Mapping[int, Served]:
    """By the workload's port; where two services lead to one, the first by name decides."""
    found: dict[int, Served] = {}
    for host in view.hosts:
        for service in read.lookup(tables.SERVICES, host) or ():
            if service.namespace == view.namespace:
                for port in service.ports:
                    number = _target(view, port)
                    if number is not None and port.protocol is not Protocol.UDP:
                        found.setdefault(number, Served(number, service, port))
    return dict(sorted(found.items()))


def _target(view: Inbound, port: ServicePort) -> int | None:
    if isinstance(port.target, int):
        return port.target
    return next((each.number for each in view.ports if each.name == port.target), None)
