"""A pod that ends waits until its callers were told; who is away is waited for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from gossamer.lab.holder.agent_link import AgentAway, AgentLink
from gossamer.lab.holder.plane_link import DocumentLink
from gossamer.lab.plan.pod.pod import PodPlan
from gossamer.plane.client import PlaneClient, PlaneUnreachable


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


async def test_an_agent_that_was_killed_is_waited_for() -> None:
    """Proxies hear nothing without it; up to date are those that are synced and connected."""
    rows: list[Mapping[str, Any] | None] = [
        None,
        {"pod": "shop/web-1", "synced": True, "connected": False},
        {"pod": "shop/web-1", "synced": False, "connected": True},
        {"pod": "shop/web-1", "synced": True, "connected": True},
    ]

    async def ask(_: Path, question: Mapping[str, Any]) -> dict[str, Any]:
        if question["op"] != "status":
            return {}
        row = rows.pop(0) if len(rows) > 1 else rows[0]
        if row is None:
            raise AgentAway("agent.sock does not answer")
        return {"proxies": [row]}

    link = AgentLink(Path("agent.sock"), ask)
    link.want(POD, ("10.244.1.1",))
    synced = asyncio.ensure_future(link.until_synced(10))
    running = asyncio.ensure_future(link.run())
    await asyncio.wait_for(synced, 10)
    running.cancel()
    assert len(rows) == 1


async def test_a_frozen_proxy_stops_nobody_for_ever() -> None:
    """Its news stay pending; the end of a pod goes on when the limit is over."""

    async def ask(_: Path, question: Mapping[str, Any]) -> dict[str, Any]:
        return {"proxies": [{"pod": "shop/web-1", "synced": False, "connected": True}]}

    link = AgentLink(Path("agent.sock"), ask)
    link.want(POD, ("10.244.1.1",))
    await asyncio.wait_for(link.until_synced(0.05), 10)
