"""Who waits for documents of some kinds hears of those, and of no others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gossamer.lab.plan.documents import READ
from gossamer.lab.plan.workloads import _INSTANCES
from gossamer.plane.documents import StoreFollower, read_files, writes
from gossamer.plane.pipeline import Pipeline
from gossamer.store.paths import File
from gossamer.store.sqlite import SqliteStore
from tests.plane.piped_mesh import service, split

KINDS = frozenset({"Service"})


@pytest.fixture
async def documents(tmp_path: Path) -> AsyncIterator[StoreFollower]:
    """Documents over a store of their own, followed."""
    store = await SqliteStore.open(tmp_path / "store.db")
    made = StoreFollower(store, Pipeline(), lambda: None)
    await made.load()
    following = asyncio.create_task(made.follow())
    yield made
    following.cancel()
    await store.close()


async def written(documents: StoreFollower, text: str) -> int:
    """The revision of a text that was written."""
    return (
        await documents.write(writes(read_files([File("a", text.encode())]).manifests))
    ).revision


async def test_news_of_other_kinds_is_none(documents: StoreFollower) -> None:
    """A route is no news to who waits for Services; the Service behind it is, at once or later."""
    since = await written(documents, service("reviews"))
    waiting = asyncio.create_task(documents.changed(since, KINDS))
    routed = await written(documents, split(90))
    assert not waiting.done()
    await documents.changed(since)
    again = await written(documents, service("ratings"))
    await asyncio.wait_for(waiting, 5)
    await asyncio.wait_for(documents.changed(routed, KINDS), 5)
    assert again > routed > since


async def test_a_revision_of_another_store_is_news(documents: StoreFollower) -> None:
    """Who is ahead of what there is has asked another plane before."""
    await asyncio.wait_for(documents.changed(1000, KINDS), 5)


async def test_the_end_of_the_plane_is_news(documents: StoreFollower) -> None:
    """Nobody waits for a plane that ends."""
    waiting = asyncio.create_task(documents.changed(0, KINDS))
    documents.end()
    await asyncio.wait_for(waiting, 5)


def test_a_lab_waits_for_all_that_makes_pods() -> None:
    """And for what these refer to."""
    assert {*_INSTANCES, "ConfigMap", "Secret", "Namespace", "Gateway"} <= set(READ)
