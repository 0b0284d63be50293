"""Which ports the edge offers on this host, and the pods behind each right now."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gossamer.contract.addresses import with_port
from gossamer.lab.edge import PortForward, files, preferred_ports
from gossamer.lab.holder.control.answers import GatewayAddress, LabAddress
from gossamer.lab.holder.host_ports import HOST, HostPorts
from gossamer.lab.holder.pods.pod_runner import PodRunner
from gossamer.lab.plan.access.published import PublishedPort, published_ports
from gossamer.lab.plan.documents import LabDocuments
from gossamer.lab.plan.fronts import arrival_port
from gossamer.lab.plan.gateways import GatewayUse, gateway_uses
from gossamer.lab.plan.pod.pod import ContainerPort
from gossamer.model.ids import service_host
from gossamer.model.traffic.doors import door_path

_ENCRYPTED = ("HTTPS", "TLS")
STRICT = "refuses callers outside the mesh, for a PeerAuthentication asks for mutual TLS (STRICT)"


@dataclass(frozen=True, slots=True)
class ForwardedService:
    """A Service's port with the forward that leads to it."""

    port: PublishedPort
    forward: PortForward


class PortForwards:
    """The edge's port forwards. A port keeps its host port for as long as the lab lives."""

    def __init__(self, folder: Path, proxy_folder: Callable[[str], Path], ports: HostPorts) -> None:
        self._folder = folder
        self._proxy_folder = proxy_folder
        self._ports = ports
        self._written: dict[Path, str] = {}
        self._gateways: list[GatewayAddress] = []
        self._services: list[ForwardedService] = []

    @property
    def gateways(self) -> list[GatewayAddress]:
        """Every gateway port as people reach it."""
        return self._gateways

    def urls(self, strict: Collection[tuple[str, int]]) -> list[LabAddress]:
        """Every address of the lab, gateways first.

        `strict` are the service hosts and ports that take mutual TLS alone: they have no `url`.
        """
        gateways = [
            LabAddress("Gateway", "Gateway", "", each.name, each.port, each.url)
            for each in self._gateways
        ]
        return [*gateways, *(_service_row(each, strict) for each in self._services)]

    def follow(self, documents: LabDocuments, lives: Iterable[PodRunner]) -> None:
        """Bring the edge's files up to date with Gateways, Services and ready pods."""
        lives = tuple(lives)
        ready = [life for life in lives if life.ready]
        port_forwards: dict[str, PortForward] = {}
        gateways: list[GatewayAddress] = []
        for use in gateway_uses(documents):
            for port in use.ports:
                forward = self._to_gateway(documents, use, port, ready)
                port_forwards[_gateway_door(use, port)] = forward
                gateways.append(_gateway_row(use, port, forward))
        published = published_ports(documents, (life.plan for life in lives))
        services = [ForwardedService(port, self._to_service(port, ready)) for port in published]
        port_forwards |= {_service_door(each.port): each.forward for each in services}
        self._gateways, self._services = gateways, services
        self._write(tuple(port_forwards.values()))

    def _to_gateway(
        self,
        documents: LabDocuments,
        use: GatewayUse,
        port: ContainerPort,
        ready: Sequence[PodRunner],
    ) -> PortForward:
        behind = (self._socket(documents, life, port) for life in ready if use.selects(life.plan))
        door = _gateway_door(use, port)
        host_port = self._ports.of(door, preferred_ports(port.number))
        number = self._ports.index(door)
        return PortForward(number, str(use.document.name), host_port, tuple(sorted(behind)))

    def _to_service(self, port: PublishedPort, ready: Sequence[PodRunner]) -> PortForward:
        door = _service_door(port)
        host_port = self._ports.of(door, preferred_ports(port.wanted))
        behind = tuple(sorted(_addresses(port, ready)))
        return PortForward(self._ports.index(door), port.name, host_port, behind, to_gateway=False)

    def _socket(self, documents: LabDocuments, life: PodRunner, port: ContainerPort) -> str:
        """Where a pod's gateway takes what comes to that port from outside."""
        number = arrival_port(documents, life.plan, port.number)
        return door_path(str(self._proxy_folder(life.key)), number)

    def _write(self, port_forwards: tuple[PortForward, ...]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for path, text in files(self._folder, port_forwards).items():
            if self._written.get(path) != text:
                fresh = path.with_suffix(".new")
                fresh.write_text(text)
                os.replace(fresh, path)
                self._written[path] = text

    def close(self) -> None:
        """Give the claimed ports back."""
        self._ports.close()


def _gateway_door(use: GatewayUse, port: ContainerPort) -> str:
    """Gateways with the same pods and port share a port forward."""
    where = "" if use.everywhere else f" in {use.document.namespace}"
    selector = ",".join(f"{key}={value}" for key, value in sorted(use.selector.items()))
    return f"gateway {selector}{where} {port.number}"


def _service_door(port: PublishedPort) -> str:
    return f"service {port.name} {port.number}"


def _addresses(port: PublishedPort, ready: Iterable[PodRunner]) -> Iterator[str]:
    for life in ready:
        if target := port.target(life.plan):
            yield with_port(life.addresses[0], target)


def _gateway_row(use: GatewayUse, port: ContainerPort, forward: PortForward) -> GatewayAddress:
    scheme = "https" if port.protocol in _ENCRYPTED else "http"
    scheme = "tcp" if port.protocol == "TCP" else scheme
    return GatewayAddress(
        name=f"{use.document.namespace}/{use.document.name}",
        port=str(port.number),
        url=f"{scheme}://{HOST}:{forward.host_port}",
    )


def _service_row(each: ForwardedService, strict: Collection[tuple[str, int]]) -> LabAddress:
    port = each.port
    host = service_host(port.service.name, port.service.namespace)
    refused = (host, port.number) in strict
    return LabAddress(
        kind="Service",
        type=port.service.root.child("spec").text("type", "ClusterIP"),
        note=STRICT if refused else "",
        name=port.name,
        port=str(port.number),
        url=None if refused else f"{port.scheme}://{HOST}:{each.forward.host_port}",
    )
