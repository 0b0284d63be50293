"""A real Envoy behind the relay: on demand, without its plane, restarted, healed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest

from gossamer.agent.relay.core import PATIENCE_S
from gossamer.agent.relay.proxy import ProxySpec
from gossamer.agent.relay.relays import Relay
from gossamer.contract.type_urls import CLUSTER, ENDPOINT, LISTENER, ROUTE, VIRTUAL_HOST
from gossamer.xds.connect import CHANNEL_OPTIONS
from tests.agent.relay.relay_world import (
    Envoy,
    Plane,
    application,
    cluster,
    endpoints,
    free_port,
    get,
    host,
    listener,
    routes,
    until,
)

pytestmark = pytest.mark.e2e


class Mesh:
    """One proxy, its relay, a plane and two applications."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = f"unix:{folder}/plane.sock"
        self.plane = Plane(self.address)
        self.spec = ProxySpec("ns/web-1", "ns/web", folder / "web-1")
        self.envoy = Envoy(folder, self.spec.folder / "ads.sock")
        self.channel = grpc.aio.insecure_channel(self.address, options=CHANNEL_OPTIONS)
        self.port = free_port()
        self.servers: list[asyncio.Server] = []

    async def start(self) -> None:
        ports = {}
        for name in ("shop", "bank"):
            server, ports[name] = await application(name)
            self.servers.append(server)
        plane = self.plane
        plane.put(listener("outbound", self.port, "80"), LISTENER, everywhere=True)
        plane.put(routes("80"), ROUTE)
        plane.put(host("80/_placeholder", "", status=404), VIRTUAL_HOST, everywhere=True)
        for name, port in ports.items():
            plane.put(cluster(name), CLUSTER)
            plane.put(endpoints(name, port), ENDPOINT)
            plane.put(host(f"80/{name}", name), VIRTUAL_HOST)
        await plane.start()
        await self.start_relay()
        await self.envoy.start()
        await until(self.listens)

    async def start_relay(self) -> None:
        self.relay = Relay(self.folder / "agent", lambda: self.channel, lambda pod, name: None)
        await self.relay.add(self.spec)

    async def listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True

    async def stop(self) -> None:
        await self.envoy.stop()
        await self.relay.close()
        await self.plane.stop()
        await self.channel.close()
        for server in self.servers:
            server.close()


@pytest.fixture
async def mesh(tmp_path: Path) -> AsyncIterator[Mesh]:
    mesh = Mesh(tmp_path)
    try:
        await mesh.start()
        yield mesh
    finally:
        await mesh.stop()


async def test_the_mesh_outlives_its_plane(mesh: Mesh) -> None:
    """Unseen hosts come through the relay; without the plane known ones work, even in a
    restarted Envoy, unknown ones say 503 within a second, and all heals when it is back."""
    assert await get(mesh.port, "shop") == (200, "shop")
    assert (await get(mesh.port, "nowhere"))[0] == 404
    await until(lambda: mesh.relay.status("ns/web-1").synced)
    await until(lambda: any(name == "80/shop" for _, name, _ in mesh.plane.acked))

    await mesh.plane.stop()
    await until(lambda: not mesh.relay.status("ns/web-1").connected)
    assert await get(mesh.port, "shop") == (200, "shop")
    began = time.monotonic()
    status, says = await get(mesh.port, "bank")
    assert (status, time.monotonic() - began < 1.0) == (503, True)
    assert "the control plane is unavailable and this proxy has never used bank" in says

    await mesh.envoy.stop()
    await mesh.envoy.start()
    await until(mesh.listens)
    assert await get(mesh.port, "shop") == (200, "shop")
    assert (await get(mesh.port, "bank"))[0] == 503

    mesh.plane.acked.clear()
    await mesh.plane.start()

    async def healed() -> bool:
        return await get(mesh.port, "bank") == (200, "bank")

    await until(healed, 5)
    assert ("80/shop") not in [name for _, name, _ in mesh.plane.acked]
    await until(lambda: mesh.relay.status("ns/web-1").synced)


async def test_a_restarted_agent_serves_from_disk(mesh: Mesh) -> None:
    """Agent and plane both gone: the next agent alone serves a restarted Envoy, and remembers."""
    assert await get(mesh.port, "shop") == (200, "shop")
    await until(lambda: "80/shop" in mesh.relay.remembered("ns/web").get(VIRTUAL_HOST, ()))
    await mesh.plane.stop()
    await mesh.relay.close()
    assert await get(mesh.port, "shop") == (200, "shop")
    await mesh.envoy.stop()
    await mesh.start_relay()
    await mesh.envoy.start()
    await until(mesh.listens)
    assert await get(mesh.port, "shop") == (200, "shop")


async def test_a_change_reaches_envoy_and_a_bad_one_harms_nobody(mesh: Mesh) -> None:
    """Changes flow through; a resource that Envoy refuses is reported to the plane by name,
    and the proxy keeps its last good one."""
    assert await get(mesh.port, "shop") == (200, "shop")
    mesh.plane.put(host("80/shop", "bank"), VIRTUAL_HOST)

    async def moved() -> bool:
        return await get(mesh.port, "shop") == (200, "bank")

    await until(moved)
    bad = host("80/shop", "", status=99999)
    mesh.plane.put(bad, VIRTUAL_HOST)
    await until(lambda: bool(mesh.plane.rejected))
    type_url, name, version, _ = mesh.plane.rejected[0]
    assert (type_url, name, version) == (VIRTUAL_HOST, "80/shop", bad.version)
    assert await get(mesh.port, "shop") == (200, "bank")
    assert mesh.relay.status("ns/web-1").rejected[0].name == "80/shop"
    await mesh.plane.stop()
    await mesh.envoy.stop()
    await mesh.envoy.start()
    await until(mesh.listens)
    assert await get(mesh.port, "shop") == (200, "bank")


async def test_a_port_that_comes_later_is_served_on_demand_too(mesh: Mesh) -> None:
    """A second listener with its own route configuration warms and asks like the first."""
    assert await get(mesh.port, "shop") == (200, "shop")
    port = free_port()
    mesh.plane.put(routes("81"), ROUTE)
    mesh.plane.put(host("81/shop", "shop"), VIRTUAL_HOST)
    mesh.plane.put(host("81/_placeholder", "", status=404), VIRTUAL_HOST, everywhere=True)
    mesh.plane.put(listener("other", port, "81"), LISTENER, everywhere=True)

    async def answers() -> bool:
        try:
            return await get(port, "shop") == (200, "shop")
        except OSError:
            return False

    await until(answers)


async def test_a_plane_that_only_thinks_does_not_hang_callers(mesh: Mesh) -> None:
    """A connected plane that says nothing of a host costs under a second; the host comes later."""
    mesh.plane.thinks_about.add("80/bank")
    began = time.monotonic()
    status, says = await get(mesh.port, "bank")
    assert status == 503
    assert PATIENCE_S <= time.monotonic() - began < 3.0
    assert "never used bank" in says
    mesh.plane.thinks_about.clear()
    mesh.plane.changed(VIRTUAL_HOST, "80/bank")

    async def healed() -> bool:
        return await get(mesh.port, "bank") == (200, "bank")

    await until(healed)


async def test_a_changed_cluster_serves_on_and_its_replacement_leaves_no_gap(mesh: Mesh) -> None:
    """A changed cluster warms at once, and a host moves to a new cluster without one failure."""
    assert await get(mesh.port, "shop") == (200, "shop")
    failed: list[tuple[int, str]] = []
    moved = asyncio.Event()

    async def call() -> None:
        while not moved.is_set():
            answer = await get(mesh.port, "shop")
            if answer[0] != 200:
                failed.append(answer)

    calling = asyncio.ensure_future(call())
    changed = cluster("shop", timeout_s=2)
    mesh.plane.put(changed, CLUSTER)
    await until(lambda: (CLUSTER, "shop", changed.version) in mesh.plane.acked)
    mesh.plane.put(host("80/shop", "bank"), VIRTUAL_HOST)
    del mesh.plane.rows[CLUSTER, "shop"]
    del mesh.plane.rows[ENDPOINT, "shop"]
    mesh.plane.changed(CLUSTER, "shop")
    mesh.plane.changed(ENDPOINT, "shop")
    await until(lambda: (CLUSTER, "shop", "absent") in mesh.plane.acked)
    assert await get(mesh.port, "shop") == (200, "bank")
    moved.set()
    await calling
    assert failed == []
