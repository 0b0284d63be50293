"""The agent's control socket: one JSON object a line each way, for this host's own user only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from gossamer.agent.metrics import metrics
from gossamer.agent.plan import BadPods, read_pods
from gossamer.agent.proxies import HostProxies, NoProxy
from gossamer.agent.shapes import Drained, DrainRequest, HostStatus
from gossamer.process.clock import utc_now
from gossamer.process.control_server import ControlServer, Operation
from gossamer.process.json_lines.line import Payload
from gossamer.process.private_socket import LONGEST_SOCKET_PATH
from gossamer.process.shape import as_words, of_shape
from gossamer.telemetry.meters import exposition


class NoControl(Exception):
    """The control socket cannot be opened; the text says why."""


def operations(proxies: HostProxies, now: Callable[[], datetime] = utc_now) -> dict[str, Operation]:
    """What can be asked, by its word."""

    async def set_pods(words: Payload) -> Payload:
        pods = read_pods(words.get("pods"))
        proxies.set(pods)
        return {"pods": len(pods)}

    async def status(words: Payload) -> Payload:
        return as_words(HostStatus(await proxies.status()))

    async def drain(words: Payload) -> Payload:
        wanted = of_shape(words, DrainRequest)
        return as_words(Drained(wanted.pod, await proxies.drain(wanted.pod, wanted.seconds)))

    async def own_metrics(words: Payload) -> Payload:
        streams = exposition("agent", proxies.meters())
        return {"prometheus": metrics(await proxies.status(), now()) + streams}

    return {"set": set_pods, "status": status, "drain": drain, "metrics": own_metrics}


async def open_control(known: Mapping[str, Operation], path: Path) -> ControlServer:
    """The agent's operations at `path` (0600); NoControl if that cannot be."""
    if len(str(path).encode()) > LONGEST_SOCKET_PATH:
        raise NoControl(
            f"The path of the control socket {path} is longer than {LONGEST_SOCKET_PATH} "
            "bytes. The agent cannot start. Set GOSSAMER_HOME to a shorter folder."
        )
    server = ControlServer("agent", known, refusals=(BadPods, NoProxy, TypeError))
    try:
        await server.open(path)
    except OSError as error:
        raise NoControl(f"The control socket {path} cannot be opened: {error}.") from error
    return server
