"""What `gossamer port-forward` asks of the holder: where it would go, and connections there.

A connection is a socket made in the pod's own network, which the holder hands over: it reaches the
application past the pod's proxy, as kubectl does. The bytes never pass the holder.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Sequence

from gossamer.lab.holder.control.answers import ForwardEnd
from gossamer.lab.holder.control.requests import ConnectRequest, ForwardTargetRequest
from gossamer.lab.holder.holder import Holder
from gossamer.lab.holder.pods.pod_runner import PodRunner
from gossamer.lab.plan.access.reached import ForwardTarget, ReachedPort, Unreachable, reached
from gossamer.lab.plan.rollout import Phase
from gossamer.process.control_server import OperationRefused
from gossamer.process.json_lines.exchange import readiness

CONNECT_S = 10.0
LOOPBACK = ("127.0.0.1", "::1")
"""Where applications listen that kubectl reaches; the pod's own addresses are tried after them."""


class Forwarding:
    """The two operations, over the pods as they are at each moment."""

    def __init__(self, holder: Holder) -> None:
        self._holder = holder

    async def target(self, request: ForwardTargetRequest) -> ForwardEnd:
        """What a connection would go to now."""
        life, number = self._chosen(request)
        return ForwardEnd(life.key, number)

    async def connect(self, request: ConnectRequest) -> tuple[ForwardEnd, socket.socket]:
        """The same, with a socket that is connected there."""
        life, number = self._chosen(request)
        refusals: list[str] = []
        for address in (*LOOPBACK, *life.addresses):
            try:
                return ForwardEnd(life.key, number), await self._opened(life, address, number)
            except OSError as refused:
                refusals.append(os.strerror(refused.errno) if refused.errno else str(refused))
        raise OperationRefused(f"pod {life.key} port {number}: {refusals[0].lower()}")

    def _chosen(self, request: ForwardTargetRequest) -> tuple[PodRunner, int]:
        """A ready pod, the caller's last one before others; else one that at least runs."""
        lives = self._lives()
        target = ForwardTarget(request.kind, request.namespace, request.name, request.port)
        ends = reached(target, self._holder.documents, (life.plan for life in lives.values()))
        running = [end for end in ends if _runs(lives[end.pod.key])]
        if not running:
            raise Unreachable(_why_not(target, ends, lives))
        best = max(running, key=lambda end: _rank(lives[end.pod.key], request.pod))
        return lives[best.pod.key], best.number

    def _lives(self) -> dict[str, PodRunner]:
        if self._holder.controller is None:
            raise OperationRefused("the lab is still starting its world; ask again in a moment")
        return {life.key: life for life in self._holder.controller.lives}

    async def _opened(self, life: PodRunner, address: str, port: int) -> socket.socket:
        if self._holder.world is None:
            raise OperationRefused("the lab has no world yet")
        opened = await self._holder.world.open_socket(life.key, address, port)
        try:
            async with asyncio.timeout(CONNECT_S):
                await _connected(opened)
        except BaseException:
            opened.close()
            raise
        return opened


def _rank(life: PodRunner, last: object) -> tuple[bool, bool]:
    return life.ready, life.key == last


def _runs(life: PodRunner) -> bool:
    return life.phase is Phase.RUNNING and any(each.run for each in life.everyone)


def _why_not(
    target: ForwardTarget, ends: Sequence[ReachedPort], lives: dict[str, PodRunner]
) -> str:
    life = lives[ends[0].pod.key]
    state = life.reason or life.phase.value
    return f"no pod of {target} runs; nothing is forwarded. Pod {life.key}: {state}"


async def _connected(opened: socket.socket) -> None:
    """Wait until the connection is made. OSError where it is refused."""
    await readiness(opened, for_writing=True)
    if status := opened.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        raise OSError(status, os.strerror(status))
