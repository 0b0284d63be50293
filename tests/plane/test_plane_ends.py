"""A plane that is told to end lets its long polls go."""

from __future__ import annotations

import asyncio
from pathlib import Path

from gossamer.identity.authority import Authority
from gossamer.identity.run import CertificateSigner
from gossamer.plane.documents import StoreFollower
from gossamer.plane.observed.observations import Observations
from gossamer.plane.pipeline import Pipeline
from gossamer.plane.plane import Plane
from gossamer.plane.revisions import Topic
from gossamer.plane.streams.proxies import ConnectedProxies
from gossamer.store.sqlite import SqliteStore
from gossamer.telemetry.edges import Edges
from tests.plane.banning import ban_desk
from tests.plane.resting_rotation import rotation_desk


async def a_plane(folder: Path) -> tuple[Plane, SqliteStore]:
    pipeline = Pipeline()
    store = await SqliteStore.open(folder / "store.db")
    observations = Observations(folder / "observations.json", lambda: 0.0)
    desk = CertificateSigner(Authority.open(folder / "ca"), lambda pod: None)
    documents = StoreFollower(store, pipeline, lambda: None)
    proxies = ConnectedProxies(pipeline)
    bans = ban_desk(folder, observations, proxies)
    desks = bans, rotation_desk(folder / "ca", observations, proxies)
    parts = (pipeline, documents, observations, proxies, desk, Edges(), lambda: 0.0, *desks)
    return Plane(*parts), store


async def test_ending_answers_whoever_waits(tmp_path: Path) -> None:
    """No poll is answered while nothing changes; all are as soon as the plane ends."""
    plane, store = await a_plane(tmp_path)
    waits = [
        asyncio.create_task(plane.documents_changed(plane.documents_store.revision, None)),
        *(asyncio.create_task(plane.changed(topic, plane.revision(topic))) for topic in Topic),
    ]
    done, _ = await asyncio.wait(waits, timeout=0.05)
    assert not done
    plane.end()
    await asyncio.wait_for(asyncio.gather(*waits), timeout=5)
    await store.close()
