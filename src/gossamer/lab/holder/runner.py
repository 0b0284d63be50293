"""The lab's processes as a pod's life uses them."""

from __future__ import annotations

import asyncio

from gossamer.agent.launcher import ProcessShape
from gossamer.process.supervision.processes import Process, Processes, ProcessRefused


class LabRunner:
    """Starts processes and ends them; who asks again for one that runs gets that one."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes

    async def start(self, process: Process) -> asyncio.Future[int]:
        """Start it; the future is its exit status once it has ended for good."""
        await self._processes.spawn(process)
        return self._processes.ended(process.name)

    async def ensure(self, process: Process) -> int:
        """Its pid, running; another command under the same name gives way."""
        try:
            return await self._processes.spawn(process)
        except ProcessRefused:
            await self._processes.stop(process.name)
            return await self._processes.spawn(process)

    async def stop(self, name: str, signal: int, grace_s: float) -> None:
        """End it for good, and forget it."""
        await self._processes.stop(name, signal, grace_s)
        self._processes.forget(name)

    def list(self) -> list[ProcessShape]:
        """Every process as the control socket shows it."""
        return [
            ProcessShape(
                name=each.name,
                pid=each.pid,
                restarts=each.restarts,
                state=each.state.value,
                since=each.since,
                status=each.status,
            )
            for each in self._processes.list()
        ]

    def pid(self, name: str) -> int | None:
        """The pid of a running process."""
        return next((each.pid for each in self._processes.list() if each.name == name), None)

    async def close(self, grace_s: float) -> None:
        """End all at once."""
        names = [each.name for each in self._processes.list()]
        await asyncio.gather(*(self._processes.stop(name, grace=grace_s) for name in names))
