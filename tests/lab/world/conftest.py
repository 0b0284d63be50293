"""A real world for each test that asks for one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path

import pytest

from gossamer.lab.preflight import preflight
from gossamer.lab.world.world import World
from tests.lab.world.stage import Stage


@cache
def _obstacles() -> tuple[str, ...]:
    return tuple(str(obstacle) for obstacle in preflight() if obstacle.fatal)


@pytest.fixture
def needs_namespaces() -> None:
    if _obstacles():
        pytest.skip(f"this machine allows no lab: {_obstacles()[0]}")


@pytest.fixture
async def stage(tmp_path: Path, needs_namespaces: None) -> AsyncIterator[Stage]:
    world = await World.start(tmp_path)
    made = Stage(world, tmp_path)
    try:
        yield made
    finally:
        await world.close()
        for process in made.running:
            await process.wait()


@pytest.fixture
def ipv6(stage: Stage) -> None:
    if stage.world.without_ipv6:
        pytest.skip(f"no IPv6 here: {stage.world.without_ipv6}")
