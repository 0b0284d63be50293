"""Pods: one instance of a workload, as a platform observed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gossamer.model.workload.labels import Labels


class Discovery(StrEnum):
    """How much a proxy holds: what its workload used, or all that it may see."""

    ON_DEMAND = "on-demand"
    EAGER = "eager"


DISCOVERY_ANNOTATION = "gossamer.dev/discovery"


def discovery_of(annotations: Mapping[str, str]) -> Discovery:
    """What a pod's annotations ask of its proxy; on demand where they do not ask otherwise."""
    eager = annotations.get(DISCOVERY_ANNOTATION) == Discovery.EAGER.value
    return Discovery.EAGER if eager else Discovery.ON_DEMAND


class ProxyRole(StrEnum):
    """What the proxy beside a pod is for."""

    NONE = "none"
    SIDECAR = "sidecar"
    GATEWAY = "gateway"


@dataclass(frozen=True, slots=True)
class PodPort:
    """A container port; `name` is what a service's targetPort may say."""

    name: str
    number: int
    protocol: str = "TCP"


@dataclass(frozen=True, slots=True)
class Pod:
    """One instance: `NAMESPACE/NAME`, made by the workload `NAMESPACE/WORKLOAD`.

    `greets` are the ports, declared or not, on which the platform saw the application itself speak
    before its caller did. `host` is the agent's host that attests it, the only one that may speak
    for it. Of its ports the proxy takes `captured_ports` (None: all) without `uncaptured_ports`.
    `stand_in` marks a gateway that a lab runs because no manifest does; `doors` is the folder of a
    gateway's sockets for the lab's edge (`door_path`).
    """

    namespace: str
    name: str
    workload: str
    addresses: tuple[str, ...]
    labels: Labels = ()
    service_account: str = "default"
    ready: bool = True
    role: ProxyRole = ProxyRole.NONE
    discovery: Discovery = Discovery.ON_DEMAND
    ports: tuple[PodPort, ...] = ()
    greets: tuple[int, ...] = ()
    host: str = ""
    locality: str = ""
    hostname: str = ""
    subdomain: str = ""
    captured_ports: tuple[int, ...] | None = None
    uncaptured_ports: tuple[int, ...] = ()
    stand_in: bool = False
    doors: str = ""

    @property
    def key(self) -> str:
        """`NAMESPACE/NAME`, unique in the mesh."""
        return f"{self.namespace}/{self.name}"

    @property
    def meshed(self) -> bool:
        """Whether a proxy stands beside it, so that it speaks mesh mTLS."""
        return self.role is not ProxyRole.NONE

    def captures(self, port: int) -> bool:
        """Whether calls to that port arrive at a proxy, which speaks mesh mTLS."""
        taken = self.captured_ports is None or port in self.captured_ports
        return self.meshed and taken and port not in self.uncaptured_ports

    def port_named(self, name: str) -> int | None:
        """The number of its port of that name."""
        return next((port.number for port in self.ports if port.name == name), None)
