"""Virtual addresses lead to endpoints, and to where names lead."""

from __future__ import annotations

import asyncio

from gossamer.lab.holder.translation import Translation
from gossamer.lab.world.world import Vip
from gossamer.plane.api.shapes import ServicePortShape, ServiceShape

SERVICES = [
    ServiceShape(
        "shop", "default", ["10.96.0.7"], [ServicePortShape(80, "TCP", ["10.244.0.2:8080"], False)]
    ),
    ServiceShape(
        "api", "", ["240.240.0.7"], [ServicePortShape(443, "TCP", ["api.example.com:8443"], False)]
    ),
]
INSIDE = Vip("10.96.0.7", "TCP", 80, (("10.244.0.2", 8080),))


async def test_names_are_looked_up_without_holding_up_the_rest() -> None:
    """The table is there at once; a name's endpoints follow when its addresses are known, and
    stay when nobody answers for it any more."""
    put: asyncio.Queue[tuple[Vip, ...]] = asyncio.Queue()
    answers = iter([("198.51.100.1",), ()])
    asked: asyncio.Queue[str] = asyncio.Queue()

    async def look_up(name: str) -> tuple[str, ...]:
        asked.put_nowait(name)
        return next(answers)

    async def took(table: tuple[Vip, ...]) -> None:
        put.put_nowait(table)

    translation = Translation(took, look_up)
    await translation.follow(SERVICES)
    assert await put.get() == (INSIDE, Vip("240.240.0.7", "TCP", 443, ()))
    running = asyncio.create_task(translation.run())
    known = Vip("240.240.0.7", "TCP", 443, (("198.51.100.1", 8443),))
    assert await put.get() == (INSIDE, known)
    await translation.follow(SERVICES)
    assert await put.get() == (INSIDE, known)
    assert [await asked.get(), await asked.get()] == ["api.example.com"] * 2
    running.cancel()
    assert put.empty()
