"""Gateways: ports that outsiders reach, the hosts served there, and who serves them."""

from __future__ import annotations

from dataclasses import dataclass

from gossamer.model.ids import Dialect, gateway_id
from gossamer.model.origin import ObjectRef
from gossamer.model.policies import NO_POLICIES, Policies
from gossamer.model.traffic.service import Protocol
from gossamer.model.workload.labels import Labels


@dataclass(frozen=True, slots=True)
class GatewayListener:
    """One port and the hosts served on it.

    `hosts` are (namespace, host pattern): `*` for any namespace, `.` for the gateway's own.
    `route_namespaces` None means any namespace may attach (Istio says it in hosts);
    ("*",) any, else those; `route_labels` selects namespaces by label where set.
    """

    name: str
    port: int
    protocol: Protocol
    hosts: tuple[tuple[str, str], ...]
    policies: Policies = NO_POLICIES
    route_namespaces: tuple[str, ...] | None = None
    route_labels: Labels | None = None


@dataclass(frozen=True, slots=True)
class Gateway:
    """Listeners, and the labels of the pods that serve them; of Gateway API also its class."""

    object: ObjectRef
    dialect: Dialect
    namespace: str
    name: str
    selector: Labels
    listeners: tuple[GatewayListener, ...]
    class_name: str = ""

    @property
    def id(self) -> str:
        """Its name among all gateways, see `gateway_id`."""
        return gateway_id(self.dialect, self.namespace, self.name)


@dataclass(frozen=True, slots=True)
class GatewayClass:
    """A class by which Gateways say who serves them."""

    object: ObjectRef
    name: str


@dataclass(frozen=True, slots=True)
class Grant:
    """A ReferenceGrant: objects of (group, kind, namespace) may refer to (group, kind, name).

    An empty name in `to` stands for all of that kind in `namespace`.
    """

    object: ObjectRef
    namespace: str
    sources: tuple[tuple[str, str, str], ...]
    targets: tuple[tuple[str, str, str], ...]
