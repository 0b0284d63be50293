"""Every route with a revision can be waited for, the same way, and not without end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from gossamer.plane.api import waiting
from gossamer.plane.api.answers import ProxyResources
from gossamer.plane.api.application import application
from gossamer.plane.api.description import REVISION
from gossamer.plane.api.facade import RequestRefused
from gossamer.plane.api.routes import ROUTES
from gossamer.plane.api.server import serving
from gossamer.plane.plane import Plane
from gossamer.plane.revisions import Revisions, Topic
from tests.plane.access.doors import OPEN
from tests.plane.test_plane_ends import a_plane
from tests.waiting import until

TOPICS = {
    route.path.format(namespace="shop", pod="web-1"): route.topic for route in ROUTES if route.topic
}
Asked = tuple[int, int, str]


@pytest.fixture
async def plane(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Plane]:
    """A plane that serves at p.sock; two requests of a user may wait."""
    monkeypatch.setattr(waiting, "MOST_WAITING", 2)
    made, store = await a_plane(tmp_path)
    monkeypatch.setattr(Plane, "proxy", _one_proxy)
    async with serving(application(made, "1", OPEN), tmp_path / "p.sock"):
        yield made
        made.end()
    await store.close()


def _one_proxy(_: Plane, namespace: str, pod: str) -> ProxyResources:
    """What is compiled for the one proxy that there is."""
    if (namespace, pod) != ("shop", "web-1"):
        raise RequestRefused(404, "no such proxy")
    return {}


async def opened(path: Path, target: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    return reader, writer


async def asked(path: Path, target: str) -> Asked:
    """The status, the revision and the body."""
    reader, writer = await opened(path, target)
    head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
    writer.close()
    lines = dict(line.lower().split(": ", 1) for line in head.splitlines()[1:])
    return int(head.split()[1]), int(lines.get(REVISION.lower(), -1)), body


def told(plane: Plane, topic: Topic) -> None:
    """Something that moves a topic."""
    if topic is Topic.SERVICES:
        plane.pipeline.turn += 1
    if topic is Topic.DOCUMENTS:
        plane.documents_store.end()  # its own waiting is held by test_documents_news
    plane.revisions.advance(topic)


@pytest.mark.parametrize("path", TOPICS)
async def test_a_request_waits_for_its_topic(plane: Plane, tmp_path: Path, path: str) -> None:
    """Given the revision of an answer, the next one comes when there is something new."""
    socket, topic = tmp_path / "p.sock", TOPICS[path]
    assert topic is not None
    status, revision, _ = await asked(socket, path)
    assert (status, revision) == (200, plane.revision(topic))
    answer = asyncio.create_task(asked(socket, f"{path}?since={revision}&wait=20"))
    done, _ = await asyncio.wait([answer], timeout=0.05)
    assert not done
    told(plane, topic)
    assert (await asyncio.wait_for(answer, 10))[0] == 200


def test_everything_that_changes_can_be_waited_for() -> None:
    """Numbers for Prometheus and health are asked for at intervals; all else tells its news."""
    asked_now = {"/v1/metrics", "/v1/healthz", "/v1/whoami", "/v1/tokens", "/v1/audit"}
    reads = {route.path for route in ROUTES if route.method == "GET"}
    assert {route.path for route in ROUTES if route.topic} == reads - asked_now


async def test_nobody_waits_for_an_unknown_proxy(plane: Plane, tmp_path: Path) -> None:
    """It is told at once."""
    target = f"/v1/proxies/shop/none?since={plane.revision(Topic.STATUS)}&wait=20"
    status, _, _ = await asyncio.wait_for(asked(tmp_path / "p.sock", target), 5)
    assert status == 404


async def test_other_topics_wake_nobody(plane: Plane) -> None:
    """Who waits for traffic is not woken by a proxy that comes or goes."""
    since = plane.revision(Topic.TRAFFIC)
    wait = asyncio.create_task(plane.changed(Topic.TRAFFIC, since))
    plane.revisions.advance(Topic.STATUS)
    done, _ = await asyncio.wait([wait], timeout=0.05)
    assert not done
    plane.revisions.advance(Topic.TRAFFIC)
    await asyncio.wait_for(wait, 5)


async def test_a_user_has_so_many_that_wait(plane: Plane, tmp_path: Path) -> None:
    """The next is refused with 429 and told why; one that is gone makes room at once."""
    socket = tmp_path / "p.sock"
    target = f"/v1/traffic?since={plane.revision(Topic.TRAFFIC)}&wait=60"
    held = [await opened(socket, target) for _ in range(2)]

    async def refused() -> bool:
        status, _, body = await asked(socket, target.replace("wait=60", "wait=0.01"))
        return status == 429 and "2 requests of uid:" in body

    async def answered() -> bool:
        return not await refused()

    await until(refused)
    held[0][1].close()
    await until(answered)
    held[1][1].close()
    with suppress(ConnectionError):
        await held[1][1].wait_closed()


async def test_a_plane_that_begins_anew_is_news() -> None:
    """A revision of an earlier run is never waited for: later runs begin at a later time."""
    before, after = Revisions(1_000), Revisions(2_000)
    before.advance(Topic.STATUS)
    await asyncio.wait_for(after.changed(Topic.STATUS, before.of(Topic.STATUS)), 5)
