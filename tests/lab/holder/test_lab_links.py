"""A pod that ends waits until its callers were told; who is away is waited for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

from msgspec import Struct

from gossamer.agent.shapes import HostProxyStatus, HostStatus, StatusRequest
from gossamer.lab.holder.agent_link import AgentAway, AgentLink
from gossamer.lab.holder.plane_link import DocumentLink
from gossamer.lab.plan.pod.pod import PodPlan
from gossamer.plane.client import PlaneClient, PlaneUnreachable
from gossamer.process.shape import as_words, of_shape

Answer = TypeVar("Answer")


class Plane:
    """A plane that is away until it is back; counts what it was asked."""

    def __init__(self) -> None:
        self.back = threading.Event()
        self.asked = threading.Event()

    def observe(self, source: str, pods: list[Any], lease_s: float) -> None:
        self.asked.set()
        if not self.back.is_set():
            raise PlaneUnreachable("nothing listens there")


@contextmanager
def linked(plane: Plane) -> Iterator[DocumentLink]:
    link = DocumentLink(cast(PlaneClient, plane))
    observing = asyncio.ensure_future(link.observe(list))
    yield link
    observing.cancel()
    link.close()


async def test_news_wait_for_a_plane_that_is_away() -> None:
    """Told means told: not after some seconds, but when the plane is back and has heard."""
    plane = Plane()
    with linked(plane) as link:
        link.pods_changed()
        telling = asyncio.ensure_future(link.until_told())
        await asyncio.to_thread(plane.asked.wait, 10)
        assert not telling.done()
        plane.back.set()
        await asyncio.wait_for(telling, 10)


async def test_nobody_waits_for_the_plane_of_a_lab_that_goes_down() -> None:
    """Its pods may end untold."""
    with linked(Plane()) as link:
        link.pods_changed()
        telling = asyncio.ensure_future(link.until_told())
        await asyncio.sleep(0)
        await link.release()
        await asyncio.wait_for(telling, 10)


POD = PodPlan("shop", "web-1", "web", "Deployment", "t", injected=True)


def standing(synced: bool, connected: bool) -> HostProxyStatus:
    """How the agent says that the pod's proxy stands."""
    return HostProxyStatus(
        pod="shop/web-1",
        workload="shop/web",
        pid=1,
        connected=connected,
        served=True,
        synced=synced,
        pending=0,
        rejected=[],
        certificate_expires=None,
        envoy="LIVE",
        ready=True,
    )


class Agent:
    """Says how its proxy stands: one thing after another, then the last again. None: nothing."""

    def __init__(self, *rows: HostProxyStatus | None) -> None:
        self.rows = list(rows)

    async def ask(self, _: Path, request: Struct, gives: type[Answer], /) -> Answer:
        if not isinstance(request, StatusRequest):
            return of_shape({"pods": 1}, gives)
        row = self.rows.pop(0) if len(self.rows) > 1 else self.rows[0]
        if row is None:
            raise AgentAway("agent.sock does not answer")
        return of_shape(as_words(HostStatus([row])), gives)


async def test_an_agent_that_was_killed_is_waited_for() -> None:
    """Proxies hear nothing without it; up to date are those that are synced and connected."""
    agent = Agent(None, standing(True, False), standing(False, True), standing(True, True))
    link = AgentLink(Path("agent.sock"), agent.ask)
    link.want(POD, ("10.244.1.1",))
    synced = asyncio.ensure_future(link.until_synced(10))
    running = asyncio.ensure_future(link.run())
    await asyncio.wait_for(synced, 10)
    running.cancel()
    assert len(agent.rows) == 1


async def test_a_frozen_proxy_stops_nobody_for_ever() -> None:
    """Its news stay pending; the end of a pod goes on when the limit is over."""
    link = AgentLink(Path("agent.sock"), Agent(standing(False, True)).ask)
    link.want(POD, ("10.244.1.1",))
    await asyncio.wait_for(link.until_synced(0.05), 10)
