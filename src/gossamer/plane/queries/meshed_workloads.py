"""Workloads by name: their pods, their ports, and the mode of mutual TLS on each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gossamer.compile.tls.mtls import ruling_mode, spoken_ports
from gossamer.explain.places import field_place
from gossamer.explain.report.shapes import PlaceShape
from gossamer.model import tables
from gossamer.model.assembly.endpoints import target_of
from gossamer.model.assembly.visible import workload_policies
from gossamer.model.mesh import Mesh
from gossamer.model.origin import Origin
from gossamer.model.policies.workload.mtls import MtlsMode
from gossamer.model.workload.pod import Pod, ProxyRole
from gossamer.plane.api.mtls_answers import PortMode


@dataclass(frozen=True, slots=True)
class MeshedWorkloads:
    """The workloads of a mesh by `NAMESPACE/NAME`; a pod speaks for its workload."""

    mesh: Mesh
    pods: Mapping[str, tuple[Pod, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, mesh: Mesh) -> MeshedWorkloads:
        """Those that there are now."""
        pods: dict[str, tuple[Pod, ...]] = {}
        for key, pod in mesh.facts.items():
            if key.table == tables.PODS.name:
                name = f"{pod.namespace}/{pod.workload}"
                pods[name] = (*pods.get(name, ()), pod)
        return cls(mesh, pods)

    def with_proxies(self) -> list[str]:
        """Those beside whose pods a sidecar stands."""
        return sorted(name for name in self.pods if self.sidecar(name))

    def sidecar(self, workload: str) -> Pod | None:
        """A pod of it that has a sidecar."""
        beside = (pod for pod in self.pods.get(workload, ()) if pod.role is ProxyRole.SIDECAR)
        return next(beside, None)

    def modes(self, workload: str) -> list[PortMode]:
        """The mode of each port that services lead to or policies name, then of all others."""
        pod = self.sidecar(workload)
        if pod is None:
            return []
        policies = workload_policies(self.mesh, pod)
        ports = sorted({*self.served(pod), *spoken_ports(policies)})
        return [self.mode(pod, port) for port in (*ports, None)]

    def mode(self, pod: Pod, port: int | None) -> PortMode:
        """The mode of one port of a pod (None: of those that no policy names), and by whom."""
        ruling = ruling_mode(workload_policies(self.mesh, pod), port)
        if ruling.policy is None:
            return PortMode(port, ruling.mode.value, None)
        name = f"spec.portLevelMtls.{port}" if ruling.of_port else "spec.mtls"
        return PortMode(port, ruling.mode.value, place(field_place(self.mesh, ruling.policy, name)))

    def refuses_plaintext(self, pod: Pod, port: int) -> bool:
        """Whether STRICT holds there."""
        mode = ruling_mode(workload_policies(self.mesh, pod), port).mode
        return mode is MtlsMode.STRICT and pod.captures(port)

    def served(self, pod: Pod, hosts: Iterable[str] = ()) -> set[int]:
        """The pod's ports behind all services that select it, or behind these hosts."""
        wanted = tuple(hosts) or self.mesh.lookup(tables.POD_SERVICES, pod.key) or ()
        return {
            number
            for host in wanted
            for service in self.mesh.lookup(tables.SERVICES, host) or ()
            for port in service.ports
            if (number := target_of(port, pod)) is not None
        }


def place(origin: Origin) -> PlaceShape:
    """A place as the API tells of it."""
    return PlaceShape(str(origin.object), origin.file, origin.line, origin.field)
