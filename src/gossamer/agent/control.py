"""The agent's control socket: what can be asked is in `shapes`, for this host's own user only."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from gossamer.agent.metrics import metrics
from gossamer.agent.plan import BadPods, read_pods
from gossamer.agent.proxies import HostProxies, NoProxy
from gossamer.agent.shapes import (
    Drained,
    DrainRequest,
    HostStatus,
    Metrics,
    MetricsRequest,
    PodsSet,
    SetPods,
    StatusRequest,
)
from gossamer.process.clock import utc_now
from gossamer.process.control_server import ControlServer, Operation
from gossamer.process.private_socket import LONGEST_SOCKET_PATH
from gossamer.telemetry.meters import exposition


class NoControl(Exception):
    """The control socket cannot be opened; the text says why."""


def operations(proxies: HostProxies, now: Callable[[], datetime] = utc_now) -> list[Operation[Any]]:
    """What can be asked."""

    async def set_pods(request: SetPods) -> PodsSet:
        pods = read_pods(request.pods)
        proxies.set(pods)
        return PodsSet(len(pods))

    async def status(request: StatusRequest) -> HostStatus:
        return HostStatus(await proxies.status())

    async def drain(request: DrainRequest) -> Drained:
        return Drained(request.pod, await proxies.drain(request.pod, request.seconds))

    async def own_metrics(request: MetricsRequest) -> Metrics:
        streams = exposition("agent", proxies.meters())
        return Metrics(metrics(await proxies.status(), now()) + streams)

    return [
        Operation(SetPods, set_pods),
        Operation(StatusRequest, status),
        Operation(DrainRequest, drain),
        Operation(MetricsRequest, own_metrics),
    ]


async def open_control(known: Iterable[Operation[Any]], path: Path) -> ControlServer:
    """The agent's operations at `path` (0600); NoControl if that cannot be."""
    if len(str(path).encode()) > LONGEST_SOCKET_PATH:
        raise NoControl(
            f"The path of the control socket {path} is longer than {LONGEST_SOCKET_PATH} "
            "bytes. The agent cannot start. Set GOSSAMER_HOME to a shorter folder."
        )
    server = ControlServer("agent", known, refusals=(BadPods, NoProxy))
    try:
        await server.open(path)
    except OSError as error:
        raise NoControl(f"The control socket {path} cannot be opened: {error}.") from error
    return server
