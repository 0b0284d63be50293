"""The world as a pod's life uses it: the lab's own names, hidden folders and host names added."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path

from gossamer.capture.plan import CapturePlan
from gossamer.lab.holder.pods.pod_context import BoundFolder
from gossamer.lab.world.composition import MountedVolume, MountPlan
from gossamer.lab.world.world import World

TOOLS = "/run/gossamer/bin"
"""Where pods find clients of ours; /run is a pod's own, so it can always be made there."""


class LabNetwork:
    """One lab's world. `hide` are folders that no pod may see, `tools` our clients for pods."""

    def __init__(self, world: World, hide: tuple[str, ...], tools: Path) -> None:
        self._world = world
        self._hide = hide
        self._tools = MountedVolume(TOOLS, str(tools), True)

    async def add_pod(self, key: str, addresses: Sequence[str]) -> None:
        await self._world.add_pod(key, tuple(addresses))

    async def set_capture(self, key: str, plan: CapturePlan | None) -> None:
        await self._world.set_capture(key, plan)

    async def remove_pod(self, key: str) -> None:
        await self._world.remove_pod(key)

    async def open_socket(self, key: str, address: str, port: int) -> socket.socket:
        return await self._world.open_socket(key, address, port)

    async def prepare(
        self, key: str, hosts: str, resolv: str, hostname: str, folders: Sequence[BoundFolder]
    ) -> Path:
        volumes = tuple(MountedVolume(f.path, str(f.source), f.read_only) for f in folders)
        plan = MountPlan(hosts, resolv, (*volumes, self._tools), self._hide, hostname)
        return await self._world.make_mounts(key, plan)

    def enter(
        self,
        key: str,
        argv: Sequence[str],
        *,
        mnt: Path | None = None,
        drop: bool = False,
        cwd: str | None = None,
    ) -> list[str]:
        return self._world.enter(key, argv, mnt=mnt, drop=drop, cwd=cwd)
