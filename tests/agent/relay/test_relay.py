"""Relays over real sockets, with bare clients for proxies and a time that the test owns."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import grpc
import pytest

from gossamer.agent.relay.proxy import LATER_S, ProxySpec
from gossamer.agent.relay.relays import Relay
from gossamer.contract.stream_metadata import HOSTS_KEY
from gossamer.contract.type_urls import CLUSTER, ENDPOINT, SECRET, VIEWS, VIRTUAL_HOST
from gossamer.xds.connect import CHANNEL_OPTIONS
from gossamer.xds.events import UNDECIDED, Answer
from gossamer.xds.frame import frame_resource
from tests.agent.relay.relay_world import Client, Plane, cluster, endpoints, host, until


class Timer:
    """A call that may still be cancelled."""

    def __init__(self, due: float, callback: Callable[[], None]) -> None:
        self.due, self.callback, self.cancelled = due, callback, False

    def cancel(self) -> None:
        self.cancelled = True


class FakeClock:
    """Time that passes only when told; back-off alone runs by itself."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[Timer] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, callback: Callable[..., Any], *args: Any) -> Timer:
        self.timers.append(Timer(self.now + delay, lambda: callback(*args)))
        return self.timers[-1]

    def pass_by(self, seconds: float) -> None:
        self.now += seconds
        due = [timer for timer in self.timers if timer.due <= self.now]
        self.timers = [timer for timer in self.timers if timer.due > self.now]
        for timer in due:
            if not timer.cancelled:
                timer.callback()


class Host:
    """One host: a plane, a relay and its proxies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.plane = Plane(f"unix:{folder}/plane.sock")
        self.secrets: dict[tuple[str, str], Answer] = {}
        self.clients: list[Client] = []
        self.channel = grpc.aio.insecure_channel(self.plane.address, options=CHANNEL_OPTIONS)
        self.relay = self.new_relay()
        self.plane.put(host("80/_", "", status=404), VIRTUAL_HOST, everywhere=True)
        for name in ("shop", "bank"):
            self.plane.put(cluster(name), CLUSTER)
            self.plane.put(endpoints(name, 1), ENDPOINT)
            self.plane.put(host(f"80/{name}", name), VIRTUAL_HOST)

    def new_relay(self) -> Relay:
        secret = self.secrets
        return Relay(
            self.folder / "agent",
            lambda: self.channel,
            lambda pod, name: secret.get((pod, name)),
            self.clock,
        )

    async def proxy(self, pod: str, workload: str = "ns/web", view: str = "same") -> Client:
        self.sees(pod, view)
        spec = ProxySpec(pod, workload, self.folder / pod.replace("/", "."))
        await self.relay.add(spec)
        await until(lambda: self.relay.status(pod).connected or not self.plane.serving)
        return self.client(spec.folder)

    def client(self, folder: Path) -> Client:
        self.clients.append(Client(folder / "ads.sock"))
        return self.clients[-1]

    def sees(self, pod: str, view: str) -> None:
        """What the plane says decides the resources of a pod."""
        digests = dict.fromkeys((CLUSTER, ENDPOINT, VIRTUAL_HOST), view)
        body = json.dumps(digests).encode()
        self.plane.put(frame_resource(VIEWS, pod.replace("ns/", "") + ".ns", view, body), VIEWS)

    async def close(self) -> None:
        for client in self.clients:
            await client.close()
        await self.relay.close()
        await self.plane.stop()
        await self.channel.close()


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Host]:
    here = Host(tmp_path)
    await here.plane.start()
    yield here
    await here.close()


async def opened(client: Client) -> None:
    await client.open()
    await until(lambda: (VIRTUAL_HOST, "80/_") in client.held)


async def test_a_neighbour_answers_while_the_plane_thinks(here: Host) -> None:
    """A host that a proxy of the same view holds is there at once, with cluster and endpoints
    ahead of it, while the subscription goes to the plane and later changes flow."""
    one, two = await here.proxy("ns/one"), await here.proxy("ns/two")
    for client in (one, two):
        await opened(client)
    await one.ask(VIRTUAL_HOST, "80/shop")
    await until(lambda: (VIRTUAL_HOST, "80/shop") in one.held)
    here.plane.thinks_about.add("80/shop")
    await two.ask(VIRTUAL_HOST, "80/shop")
    await until(lambda: (VIRTUAL_HOST, "80/shop") in two.held)
    asked = two.order[-3:]
    assert asked == [(CLUSTER, "shop"), (ENDPOINT, "shop"), (VIRTUAL_HOST, "80/shop")]
    here.clock.pass_by(LATER_S)
    await until(lambda: here.plane.used.count((VIRTUAL_HOST, "80/shop")) == 2)
    here.plane.thinks_about.clear()
    moved = host("80/shop", "bank")
    here.plane.put(moved, VIRTUAL_HOST)
    await until(lambda: two.held[VIRTUAL_HOST, "80/shop"].version == moved.version)


async def test_another_view_is_no_neighbour(here: Host) -> None:
    """Proxies that may see different things never share; silence ends in the stand-in."""
    one = await here.proxy("ns/one")
    await one.open()
    await one.ask(VIRTUAL_HOST, "80/shop")
    await until(lambda: (VIRTUAL_HOST, "80/shop") in one.held)
    here.plane.thinks_about.add("80/shop")
    two = await here.proxy("ns/two", workload="ns/other", view="other")
    await two.open()
    await two.ask(VIRTUAL_HOST, "80/shop")
    await until(lambda: here.plane.used.count((VIRTUAL_HOST, "80/shop")) == 2)
    assert (VIRTUAL_HOST, "80/shop") not in two.held
    here.clock.pass_by(0.9)
    assert (VIRTUAL_HOST, "80/shop") not in two.held
    here.clock.pass_by(0.2)
    await until(lambda: (VIRTUAL_HOST, "80/shop") in two.held)
    assert two.held[VIRTUAL_HOST, "80/shop"].version == "away"


async def test_who_comes_to_see_something_else_is_no_neighbour_any_more(here: Host) -> None:
    """Nothing of a neighbour is shown to a proxy whose view the plane has changed meanwhile."""
    one, two = await here.proxy("ns/one"), await here.proxy("ns/two")
    await one.open()
    await one.ask(VIRTUAL_HOST, "80/shop")
    await until(lambda: (VIRTUAL_HOST, "80/shop") in one.held)
    here.sees("ns/two", "other")
    await until(lambda: (VIEWS, "two.ns", "other") in here.plane.acked)
    here.plane.thinks_about.add("80/shop")
    await two.open()
    await two.ask(VIRTUAL_HOST, "80/shop")
    await until(lambda: here.plane.used.count((VIRTUAL_HOST, "80/shop")) == 2)
    here.clock.pass_by(1.1)
    await until(lambda: (VIRTUAL_HOST, "80/shop") in two.held)
    assert two.held[VIRTUAL_HOST, "80/shop"].version == "away"


async def test_a_proxy_that_was_given_all_hosts_says_so_ever_after(here: Host) -> None:
    """To the next plane, and by the next agent: it would not ask again for what it once asked."""
    await here.proxy("ns/one")
    assert here.plane.open_views[-1].metadata.get(HOSTS_KEY) is None
    here.plane.put(host("eager|80/*", "", status=404), VIRTUAL_HOST, everywhere=True)
    await until(lambda: here.plane.times_acked("eager|80/*") == 1)
    await here.relay.close()
    here.relay = here.new_relay()
    await here.proxy("ns/one")
    assert here.plane.open_views[-1].metadata[HOSTS_KEY] == "all"


async def test_a_new_pod_of_a_workload_finds_what_the_last_one_used(here: Host) -> None:
    """What a workload used is in its next pod's first answer: no ask before the first request."""
    one = await here.proxy("ns/web-1")
    await one.open()
    await one.ask(VIRTUAL_HOST, "80/shop")
    await until(lambda: "80/shop" in here.relay.remembered("ns/web").get(VIRTUAL_HOST, ()))
    await until(lambda: here.plane.times_acked("80/shop") == 1)
    here.clock.pass_by(LATER_S)
    await here.relay.close()
    here.relay = here.new_relay()
    two = await here.proxy("ns/web-2")
    await until(lambda: here.plane.times_acked("80/shop") == 2)
    used_before = len(here.plane.used)
    await two.open()
    await until(lambda: (VIRTUAL_HOST, "80/shop") in two.held)
    hosts = [place for place, (type_url, _) in enumerate(two.order) if type_url == VIRTUAL_HOST]
    assert two.order.index((CLUSTER, "shop")) < hosts[0]
    assert {two.order[place][1] for place in hosts} == {"80/_", "80/shop"}
    assert (VIRTUAL_HOST, "80/shop") not in here.plane.used[used_before:]


async def test_a_returning_proxy_and_a_returning_plane_send_nothing_twice(here: Host) -> None:
    """Versions are said on both sides of the relay, and what is equal stays where it is."""
    one = await here.proxy("ns/one")
    await one.open()
    await one.ask(VIRTUAL_HOST, "80/shop")
    await until(lambda: here.relay.status("ns/one").synced and len(one.held) == 4)
    await here.plane.stop()
    await until(lambda: not here.relay.status("ns/one").connected)
    here.plane.acked.clear()
    await here.plane.start()
    here.clock.pass_by(1.0)
    await until(lambda: here.relay.status("ns/one").connected)
    new = cluster("bank", timeout_s=9)
    await until(lambda: bool(here.plane.open_views))
    again = here.client(here.folder / "ns.one")
    versions = {t: {n: r.version for (u, n), r in one.held.items() if u == t} for t, _ in one.held}
    await again.ask(CLUSTER, initial=versions[CLUSTER])
    await again.ask(ENDPOINT, "shop", initial=versions[ENDPOINT])
    await again.ask(VIRTUAL_HOST, "*", "80/shop", initial=versions[VIRTUAL_HOST])
    here.plane.put(new, CLUSTER)
    await again.ask(CLUSTER, "bank")
    await until(lambda: (CLUSTER, "bank") in again.held)
    assert [name for _, name in again.order if name != "bank"] == []
    assert {name for _, name, _ in here.plane.acked} <= {"bank"}


async def test_local_secrets_are_answered_here_and_others_by_the_plane(here: Host) -> None:
    """A workload's own key never involves the plane; a renewed one is pushed."""
    mine = frame_resource(SECRET, "default", "1", b"")
    here.secrets["ns/one", "default"] = UNDECIDED
    here.plane.put(frame_resource(SECRET, "roots", "1", b""), SECRET)
    one = await here.proxy("ns/one")
    await one.ask(SECRET, "default", "roots")
    await until(lambda: (SECRET, "roots") in one.held)
    assert (SECRET, "default") not in one.held
    here.secrets["ns/one", "default"] = mine
    here.relay.secret_changed("ns/one", ["default"])
    assert not here.relay.runs_secrets("ns/one")
    await until(lambda: one.held.get((SECRET, "default")) == mine)
    await until(lambda: here.relay.runs_secrets("ns/one"))
    assert not here.relay.runs_secrets("ns/unknown")
    assert (SECRET, "default") not in here.plane.used
    assert b"default" not in (here.folder / "ns.one" / "cache").read_bytes()


async def test_a_secret_that_is_refused_is_not_run(here: Host) -> None:
    """Envoy goes on with the certificate it had: nobody may take the new one for granted."""
    one = await here.proxy("ns/one")
    one.refuses = (SECRET, "default")
    here.secrets["ns/one", "default"] = frame_resource(SECRET, "default", "1", b"")
    await one.open()
    await one.ask(SECRET, "default")
    await until(lambda: (SECRET, "default") in one.refused)
    await until(lambda: here.relay.status("ns/one").pending == 0)
    assert not here.relay.runs_secrets("ns/one")
    one.refuses = None
    here.secrets["ns/one", "default"] = frame_resource(SECRET, "default", "2", b"")
    here.relay.secret_changed("ns/one", ["default"])
    await until(lambda: here.relay.runs_secrets("ns/one"))


async def test_a_refusal_is_passed_on_and_shown(here: Host) -> None:
    """The plane learns which resource a proxy refuses; status shows it until it is fixed."""
    one = await here.proxy("ns/one")
    one.refuses = (CLUSTER, "shop")
    await one.open()
    await one.ask(CLUSTER, "shop")
    await until(lambda: bool(here.plane.rejected))
    assert here.plane.rejected[0][1] == "shop"
    assert here.relay.status("ns/one").rejected[0].message == "shop is refused"
    one.refuses = None
    here.plane.put(cluster("shop", timeout_s=7), CLUSTER)
    await until(lambda: here.relay.status("ns/one").rejected == [])
    await until(lambda: (CLUSTER, "shop") in one.held)


async def test_removed_proxies_are_gone(here: Host) -> None:
    """A removed pod's socket vanishes and its stream to the plane ends."""
    await here.proxy("ns/one")
    await until(lambda: len(here.plane.open_views) == 1)
    await here.relay.remove("ns/one")
    await until(lambda: here.plane.open_views == [])
    assert not (here.folder / "ns.one" / "ads.sock").exists()
    with pytest.raises(KeyError):
        here.relay.status("ns/one")


async def test_a_replaced_channel_is_followed(here: Host) -> None:
    """When a certificate is renewed the old channel closes; streams open again on the new one."""
    await here.proxy("ns/one")
    old, here.channel = here.channel, grpc.aio.insecure_channel(here.plane.address)
    await old.close()
    await until(lambda: not here.relay.status("ns/one").connected)
    here.clock.pass_by(1.0)
    await until(lambda: here.relay.status("ns/one").connected)
