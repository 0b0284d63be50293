"""Which gateway ports the edge offers on this host, and the pods behind each right now."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from gossamer.lab.edge import PortForward, files, preferred_ports
from gossamer.lab.holder.pods.pod_runner import PodRunner
from gossamer.lab.plan.documents import LabDocuments
from gossamer.lab.plan.fronts import arrival_port
from gossamer.lab.plan.gateways import GatewayUse, gateway_uses
from gossamer.lab.plan.pod.pod import ContainerPort
from gossamer.model.traffic.doors import door_path

Asked = tuple[tuple[tuple[str, str], ...], str, int]
_ENCRYPTED = ("HTTPS", "TLS")


class PortForwards:
    """The edge's port forwards. A gateway port keeps its host port for as long as the lab lives."""

    def __init__(self, folder: Path, proxy_folder: Callable[[str], Path]) -> None:
        self._folder = folder
        self._proxy_folder = proxy_folder
        self._port_forwards: dict[Asked, PortForward] = {}
        self._claims: list[socket.socket] = []
        self._written: dict[Path, str] = {}
        self._gateways: list[dict[str, str]] = []

    @property
    def gateways(self) -> list[dict[str, str]]:
        """Every gateway port as people reach it."""
        return self._gateways

    @property
    def open(self) -> bool:
        """Whether a ready pod is behind every forwarded port."""
        return all(forward.endpoints for forward in self._port_forwards.values())

    def follow(self, documents: LabDocuments, lives: Iterable[PodRunner]) -> None:
        """Bring the edge's files up to date with Gateways and ready pods."""
        ready = [life for life in lives if life.ready]
        port_forwards: dict[Asked, PortForward] = {}
        gateways: list[dict[str, str]] = []
        for use in gateway_uses(documents):
            for port in use.ports:
                asked = _asked(use, port)
                forward = self._port_forwards.get(asked) or self._new(use, port)
                lives = [life for life in ready if use.selects(life.plan)]
                behind = (self._socket(documents, life, port) for life in lives)
                port_forwards[asked] = replace(forward, endpoints=tuple(sorted(behind)))
                gateways.append(_shown(use, port, port_forwards[asked]))
        self._port_forwards, self._gateways = port_forwards, gateways
        self._write(tuple(port_forwards.values()))

    def _socket(self, documents: LabDocuments, life: PodRunner, port: ContainerPort) -> str:
        """Where a pod's gateway takes what comes to that port from outside."""
        number = arrival_port(documents, life.plan, port.number)
        return door_path(str(self._proxy_folder(life.key)), number)

    def _new(self, use: GatewayUse, port: ContainerPort) -> PortForward:
        claim, number = claim_port(preferred_ports(port.number))
        self._claims.append(claim)
        return PortForward(len(self._claims), str(use.document.name), number)

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
        for claim in self._claims:
            claim.close()


def _asked(use: GatewayUse, port: ContainerPort) -> Asked:
    """Gateways with the same pods and port share a port forward."""
    where = "" if use.everywhere else use.document.namespace
    return tuple(sorted(use.selector.items())), where, port.number


def _shown(use: GatewayUse, port: ContainerPort, forward: PortForward) -> dict[str, str]:
    scheme = "https" if port.protocol in _ENCRYPTED else "http"
    scheme = "tcp" if port.protocol == "TCP" else scheme
    name = f"{use.document.namespace}/{use.document.name}"
    return {
        "name": name,
        "port": str(port.number),
        "url": f"{scheme}://127.0.0.1:{forward.host_port}",
    }


def claim_port(candidates: Iterable[int]) -> tuple[socket.socket, int]:
    """The first port that nobody listens on and no other lab of this machine has claimed.

    The claim is an abstract socket, which the kernel takes back when the holder ends.
    """
    for port in candidates:
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0gossamer-port-{port}")
            with socket.socket() as trial:
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                trial.bind(("127.0.0.1", port))
            return claim, port
        except OSError:
            claim.close()
    raise OSError("no free port at 127.0.0.1 for a gateway; end another lab or server")
