"""The agent's counting: every proxy is read, totals are kept, the plane is told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from gossamer.model.workload.workload_labels import UNNAMED, WorkloadLabels
from gossamer.telemetry.scrape import Scraper
from gossamer.telemetry.shapes import CountsReport
from tests.telemetry.envoy_answers import (
    ECHO,
    ECHO_CLUSTER,
    REVIEWS,
    FakeAdmin,
    carried,
    counted,
    dump,
    hosts,
    uptime,
)


class Away(Exception):
    """The plane did not take a report."""


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod that has a proxy."""

    key: str
    namespace: str = "shop"
    workload: str = "page"
    spiffe: str = "spiffe://cluster.local/ns/shop/sa/page"
    names: WorkloadLabels = UNNAMED


@dataclass(slots=True)
class Plane:
    """Takes reports while it is there."""

    reports: list[CountsReport] = field(default_factory=list)
    there: bool = True

    async def report(self, told: CountsReport) -> None:
        self.reports.append(told)
        if not self.there:
            raise Away("nobody there")

    def requests(self) -> list[int]:
        """What the last report says."""
        return [row.requests for row in self.reports[-1].edges]


class Turns:
    """A clock that is moved by hand: a turn of the loop for each `pass_`."""

    def __init__(self) -> None:
        self._arrived, self._go = asyncio.Semaphore(0), asyncio.Semaphore(0)
        self.pauses: list[float] = []

    async def wait(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self._arrived.release()
        await self._go.acquire()

    async def first(self) -> None:
        """Until the loop waits."""
        await self._arrived.acquire()

    async def next(self) -> None:
        """One more turn."""
        self._go.release()
        await self._arrived.acquire()


@dataclass(slots=True)
class World:
    """A scraper at work on pods."""

    folder: Path
    plane: Plane = field(default_factory=Plane)
    pods: list[tuple[Pod, FakeAdmin]] = field(default_factory=list)
    turns: Turns = field(default_factory=Turns)
    task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> World:
        scraper = Scraper(self.folder, self.turns.wait, Away)
        self.task = asyncio.create_task(scraper.run(lambda: self.pods, self.plane.report))
        await self.turns.first()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self.task is not None
        self.task.cancel()
        await asyncio.wait([self.task])

    def pod(self, name: str = "page-1") -> FakeAdmin:
        """Add a pod."""
        admin = FakeAdmin(self.folder / f"{name}.sock")
        self.pods.append((Pod(f"shop/{name}"), admin))
        return admin


async def test_totals_are_reported_and_only_when_they_change(tmp_path: Path) -> None:
    """The first report is whole; later ones carry the edges that moved."""
    world = World(tmp_path)
    admin = world.pod()
    admin.says(uptime(5) + counted(REVIEWS, 3))
    async with world:
        assert (world.plane.reports[-1].whole, world.plane.requests()) == (True, [3])
        await world.turns.next()
        assert (world.plane.reports[-1].whole, world.plane.requests()) == (False, [])
        admin.says(uptime(6) + counted(REVIEWS, 4))
        await world.turns.next()
        assert world.plane.requests() == [4]


async def test_many_proxies_are_read_less_often(tmp_path: Path) -> None:
    """Reading costs each of them a little, so a hundred are not asked every second."""
    world = World(tmp_path)
    world.pod().says(uptime(5))
    async with world:
        for number in range(99):
            world.pod(f"more-{number}").says(uptime(5))
        await world.turns.next()
        assert world.turns.pauses == [1.0, 2.0]


async def test_a_plane_that_was_away_is_told_everything(tmp_path: Path) -> None:
    """A report that was not taken costs nothing."""
    world = World(tmp_path)
    world.pod().says(uptime(5) + counted(REVIEWS, 3))
    async with world:
        world.plane.there = False
        await world.turns.next()
        world.plane.there = True
        await world.turns.next()
        assert (world.plane.reports[-1].whole, world.plane.requests()) == (True, [3])


async def test_an_agent_that_comes_back_goes_on(tmp_path: Path) -> None:
    """What was counted before, and what happened meanwhile, is counted once."""
    before = World(tmp_path)
    before.pod().says(uptime(5) + counted(REVIEWS, 3))
    async with before:
        pass
    after = World(tmp_path)
    after.pod().says(uptime(9) + counted(REVIEWS, 8))
    async with after:
        assert after.plane.requests() == [8]
        assert after.plane.reports[-1].epoch == before.plane.reports[-1].epoch


async def test_a_file_that_cannot_be_read_starts_another_epoch(tmp_path: Path) -> None:
    """Garbage on disk costs the totals and nothing else."""
    (tmp_path / "counts.json").write_text("{")
    world = World(tmp_path)
    world.pod().says(uptime(5) + counted(REVIEWS, 3))
    async with world:
        assert world.plane.requests() == [3]


async def test_one_silent_proxy_does_not_hide_the_others(tmp_path: Path) -> None:
    """Whoever answers is counted; the silent one is tried again."""
    world = World(tmp_path)
    silent = world.pod("page-1")
    world.pod("page-2").says(uptime(5) + counted(REVIEWS, 3))
    async with world:
        assert world.plane.requests() == [3]
        silent.says(uptime(1) + counted(REVIEWS, 2))
        await world.turns.next()
        assert world.plane.requests() == [5]


async def test_a_pod_that_goes_is_read_to_its_end(tmp_path: Path) -> None:
    """A draining proxy is no longer listed, and still answers: its last calls count."""
    world = World(tmp_path)
    admin = world.pod()
    admin.says(uptime(5) + counted(REVIEWS, 3))
    async with world:
        world.pods.clear()
        admin.says(uptime(6) + counted(REVIEWS, 5))
        await world.turns.next()
        assert world.plane.requests() == [5]
        admin.answers.clear()
        await world.turns.next()
        world.pod().says(uptime(0) + counted(REVIEWS, 1))
        await world.turns.next()
        assert world.plane.requests() == [6]


async def test_long_streams_show_while_they_run_and_survive_a_crash(tmp_path: Path) -> None:
    """Bytes of an open connection are told at once, and kept if Envoy dies before logging."""
    world = World(tmp_path)
    admin = world.pod()
    more = {
        "clusters": hosts("tcp|10.96.0.1:9000", ECHO_CLUSTER, {"10.0.0.1": 1}),
        "config_dump": dump({"10.0.0.1": "shop/echo"}),
    }
    admin.says(uptime(5) + carried(ECHO_CLUSTER, 10_000, 20_000), **more)
    async with world:
        (row,) = world.plane.reports[-1].edges
        assert (row.destination, row.sent, row.received) == ("shop/echo", 10_000, 20_000)
        admin.says(uptime(0) + counted(ECHO, 1, 5, 6, family="client_tcp"))
        await world.turns.next()
        (row,) = world.plane.reports[-1].edges
        assert (row.requests, row.sent, row.received) == (1, 10_005, 20_006)


async def test_a_stream_that_ends_is_not_counted_twice(tmp_path: Path) -> None:
    """When the log tells of it, the bytes that were shown live are the same ones."""
    world = World(tmp_path)
    admin = world.pod()
    more = {
        "clusters": hosts("tcp|10.96.0.1:9000", ECHO_CLUSTER, {"10.0.0.1": 1}),
        "config_dump": dump({"10.0.0.1": "shop/echo"}),
    }
    admin.says(uptime(5) + carried(ECHO_CLUSTER, 10_000, 20_000), **more)
    async with world:
        ended = counted(ECHO, 1, 12_000, 22_000, family="client_tcp")
        admin.says(uptime(6) + carried(ECHO_CLUSTER, 12_000, 22_000) + ended)
        await world.turns.next()
        (row,) = world.plane.reports[-1].edges
        assert (row.sent, row.received) == (12_000, 22_000)


async def test_metrics_are_served_on_a_private_socket(tmp_path: Path) -> None:
    """Any HTTP client of the same user gets Prometheus text; nobody else may connect."""
    world = World(tmp_path)
    world.pod().says(uptime(5) + counted(REVIEWS, 3))
    socket = tmp_path / "metrics.sock"
    async with world:
        assert socket.stat().st_mode & 0o777 == 0o600
        reader, writer = await asyncio.open_unix_connection(str(socket))
        writer.write(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n")
        answer = await reader.read()
        writer.close()
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"istio_requests_total{" in answer
    assert not socket.exists()
