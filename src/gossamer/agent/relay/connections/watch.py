"""What a proxy's relay knows of its open connections of bytes, and when it closes which.

Envoy's filter of connections meets new ones alone. So each time Envoy took other rules, and each
time it tells of a connection, those that the rules now refuse are closed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from envoy.config.core.v3.extension_pb2 import TypedExtensionConfig
from envoy.config.rbac.v3 import rbac_pb2
from envoy.extensions.filters.network.rbac.v3.rbac_pb2 import RBAC

from gossamer.agent.relay.connections.connection import CarriedConnection
from gossamer.agent.relay.connections.entries import events_in
from gossamer.agent.relay.connections.sockets import shut
from gossamer.agent.relay.connections.verdict import refuses
from gossamer.process.event_log import EventLog

MOST = 100_000
"""As many as a proxy takes at once; of more the first ones are forgotten."""

log = EventLog("gossamer.agent")

PidOf = Callable[[], Awaitable[int | None]]


class OpenConnections:
    """The connections of one proxy. `pid_of` says which process it is."""

    def __init__(self, pod: str, pid_of: PidOf, rules: Callable[[], bytes | None]) -> None:
        self._pod, self._pid_of, self._rules = pod, pid_of, rules
        self._open: dict[tuple[str, int], CarriedConnection] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def heard(self, message: bytes) -> None:
        """Envoy tells of connections."""
        fresh: list[CarriedConnection] = []
        for each in events_in(message):
            key = (each.connection.caller, each.connection.port)
            if each.ended:
                self._open.pop(key, None)
            else:
                self._open[key] = each.connection
                fresh.append(each.connection)
        while len(self._open) > MOST:
            del self._open[next(iter(self._open))]
        self._judge(fresh)

    def changed(self) -> None:
        """Envoy has other rules now."""
        self._judge(list(self._open.values()))

    def _judge(self, connections: Iterable[CarriedConnection]) -> None:
        denying, allowing = both_rules(self._rules())
        if denying is None and allowing is None:
            return
        refused = [each for each in connections if refuses(denying, allowing, each)]
        if refused:
            task = asyncio.get_running_loop().create_task(self._close(refused))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _close(self, refused: list[CarriedConnection]) -> None:
        pid = await self._pid_of()
        callers = [(each.caller, each.port) for each in refused]
        try:
            count = await asyncio.to_thread(shut, pid, callers) if pid else 0
        except OSError as error:
            log.warning("connections-not-closed", pod=self._pod, reason=str(error))
            return
        if count:
            log.info("connections-closed", pod=self._pod, count=count, reason="authorization")


def both_rules(body: bytes | None) -> tuple[rbac_pb2.RBAC | None, rbac_pb2.RBAC | None]:
    """The rules that deny and those that allow, of the filter's resource."""
    if body is None:
        return None, None
    config = RBAC.FromString(TypedExtensionConfig.FromString(body).typed_config.value)
    denying = config.rules if config.HasField("rules") else None
    allowing = config.shadow_rules if config.HasField("shadow_rules") else None
    return denying, allowing
