"""The world of a lab as the holder sees it: pods to add, capture to set, a command to enter.

The work is done by the anchor, a child process in namespaces of its own, over a line of JSON.
Its life is the world's: when it ends, `gone` is set and everything in the world is gone.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import gossamer
from gossamer.capture.plan import CapturePlan
from gossamer.lab.world import enter
from gossamer.lab.world.anchor import PINS, pin_name
from gossamer.lab.world.anchor_channel import AnchorChannel, WorldGone
from gossamer.lab.world.composition import MountPlan
from gossamer.lab.world.shapes import (
    AddPod,
    ConnectionsEnded,
    EndConnections,
    MakeMounts,
    MountsMade,
    OpenSocket,
    RemovePod,
    SetCapture,
    SetEgress,
    SetVips,
    VipsSet,
    WorldMade,
    capture_shape,
)
from gossamer.lab.world.vips import Vip
from gossamer.process.shape import Nothing

__all__ = ["MountPlan", "Vip", "World", "WorldGone", "WorldRefused"]

_GRACE_S = 5.0


class WorldRefused(RuntimeError):
    """This machine does not let us make a world; the text says why and what helps."""


class World:
    """One lab's namespaces, alive as long as this object is open and its process lives."""

    def __init__(
        self, folder: Path, anchor: asyncio.subprocess.Process, line: AnchorChannel
    ) -> None:
        self._folder = folder
        self._anchor = anchor
        self._line = line
        self._vips: tuple[Vip, ...] | None = None
        self.without_ipv6: str | None = None
        self._rooms: dict[str, Mapping[str, str]] = {}
        self.notes: dict[str, tuple[str, ...]] = {}
        self.gone = asyncio.Event()

    @classmethod
    async def start(cls, folder: Path) -> World:
        """Make the world; WorldRefused when the kernel says no. `folder` is the lab's."""
        here, there = socket.socketpair()
        gone = asyncio.Event()
        try:
            anchor = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", "gossamer.lab.world.anchor",
                str(there.fileno()), str(folder),
                pass_fds=[there.fileno()], stdin=asyncio.subprocess.DEVNULL,
                env={**os.environ, enter.LAB_VARIABLE: str(folder)}, start_new_session=True,
            )  # fmt: skip
        finally:
            there.close()
        line = AnchorChannel(here, gone.set)
        world = cls(folder, anchor, line)
        world.gone = gone
        try:
            world.without_ipv6 = (await line.first(WorldMade)).without_ipv6
        except OSError as refused:
            await world.close()
            raise WorldRefused(_explain(refused)) from refused
        return world

    @property
    def pid(self) -> int:
        """The anchor's process id; its /proc entries are the ways into the world."""
        return self._anchor.pid

    async def add_pod(self, key: str, addresses: tuple[str, ...]) -> None:
        """A network namespace for `key` ("NS/POD"), wired to the bridge."""
        await self._line.ask(AddPod(key, list(addresses)), Nothing)

    async def set_capture(self, key: str, plan: CapturePlan | None) -> None:
        """Put capture in force in one transaction; None takes it away."""
        shape = None if plan is None else capture_shape(plan)
        await self._line.ask(SetCapture(key, shape), Nothing)

    async def remove_pod(self, key: str) -> None:
        """Let go of the pod's namespaces; its processes should have ended. Unknown keys pass."""
        await self._line.ask(RemovePod(key), Nothing)
        self.notes.pop(key, None)
        self._rooms.pop(key, None)

    async def set_vips(self, vips: tuple[Vip, ...]) -> None:
        """Translate exactly these Service addresses, in every pod and in the world's root."""
        if vips == self._vips:
            return
        await self._line.ask(SetVips(list(vips)), VipsSet)
        self._vips = vips

    async def set_egress(self, port: int | None) -> None:
        """Lead TCP to addresses outside the mesh to this port of the world's root; None: nowhere.

        Whoever listens there finds the dialled address by SO_ORIGINAL_DST.
        """
        await self._line.ask(SetEgress(port), Nothing)

    async def end_connections(self, addresses: Sequence[str]) -> int:
        """End every TCP connection of a pod's to or from these addresses; how many there were."""
        ended = await self._line.ask(EndConnections(list(addresses)), ConnectionsEnded)
        return ended.count

    async def open_socket(self, key: str, address: str, port: int) -> socket.socket:
        """A TCP socket of the pod's that capture lets pass, connected or connecting.

        Non-blocking: await its writability, then look at SO_ERROR. OSError if refused at once.
        """
        opened = await self._line.ask_socket(OpenSocket(key, address, port))
        opened.setblocking(False)
        return opened

    async def make_mounts(self, key: str, plan: MountPlan) -> Path:
        """A first process for the pod, in mount and PID namespaces of the pod's own, and others.

        The mount namespace's path, for `enter`, lives until `remove_pod`.
        """
        folder = self._folder / "pods" / pin_name(key) / "root"
        wanted = MakeMounts(key, plan, str(folder), _keep())
        answer = await self._line.ask(wanted, MountsMade)
        self.notes[key] = tuple(answer.notes)
        self._rooms[key] = answer.namespaces
        return Path(answer.namespaces["mnt"])

    def enter(
        self,
        key: str | None,
        argv: Sequence[str],
        *,
        mnt: Path | None = None,
        drop: bool = False,
        cwd: str | None = None,
        terminal: bool = False,
    ) -> list[str]:
        """The command that runs `argv` in the pod's network (None: the world's root).

        Any process of the same user may start it. Without `mnt` it keeps its starter's view of
        disk and processes; with it, it has the pod's. With `drop` it has no capability and can
        gain none. It dies with its starter. With `terminal` it runs on one of the pod's
        own, whose other end it sends over its standard input, a Unix socket.
        """
        words = ["--net", str(self.network(key)), "--lab", str(self._folder), "--die-with-parent"]
        if os.geteuid():
            words += ["--user", f"/proc/{self.pid}/ns/user"]
        if mnt is not None and key is not None:
            for kind, path in self._rooms[key].items():
                words += [f"--{kind.replace('_', '-')}", path]
        if cwd is not None:
            words += ["--cwd", cwd]
        words += ["--drop"] * drop + ["--terminal"] * terminal
        return [sys.executable, "-I", "-S", enter.__file__, *words, "--", *argv]

    def network(self, key: str | None) -> Path:
        """The path of a pod's network namespace (None: the world's root), for this user."""
        if key is None:
            return Path(f"/proc/{self.pid}/ns/net")
        return Path(f"/proc/{self.pid}/root{PINS}/{pin_name(key)}")

    async def close(self) -> None:
        """End the world."""
        self._line.close()
        try:
            await asyncio.wait_for(self._anchor.wait(), _GRACE_S)
        except TimeoutError:
            self._anchor.kill()
            await self._anchor.wait()
        self.gone.set()


def _keep() -> list[str]:
    """What an application needs of ours even if it lies under /tmp or /run."""
    source = str(Path(gossamer.__file__).parent.parent)
    return sorted({sys.prefix, sys.base_prefix, source, os.getcwd()})


_REMEDIES = {
    errno.EPERM: "Allow unprivileged user namespaces (`gossamer check` names the setting), "
    "or run as root",
    errno.ENOSPC: "Raise the sysctl user.max_user_namespaces, or run as root",
    errno.EACCES: "Run `gossamer check`; a security profile forbids it, or run as root",
}


def _explain(refused: OSError) -> str:
    remedy = _REMEDIES.get(refused.errno or 0, "Run `gossamer check` to see what is missing")
    return (
        f"The lab's world could not be made: {refused.strerror or refused}. "
        f"No pod can run here. {remedy}."
    )
