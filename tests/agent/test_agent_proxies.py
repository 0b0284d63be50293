"""The proxies of a host: started, re-adopted, drained, ended; asked about over the socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from gossamer.agent.control import NoControl, open_control, operations
from gossamer.agent.identity.trust import HostState, Trust
from gossamer.agent.plan import read_pods
from gossamer.agent.proxies import HostProxies
from gossamer.agent.proxy import ProxyHost, bound_log
from gossamer.agent.shapes import PodShape, SetPods
from gossamer.process.shape import as_words
from tests.agent.fakes import FakeClock, FakeLauncher, FakeRelay, FakeSigner
from tests.waiting import settle, until

CART = PodShape("shop", "cart-1", "cart", ip=["10.0.0.7"])
ASKED = {"gossamer.dev/workload-api": "true"}
TILL = PodShape("shop", "till-1", "till", ip=["10.0.0.8"])


class Fixture:
    """A host with fakes around it; `agent()` is one agent's life on it."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.relay = FakeRelay()
        self.launcher = FakeLauncher()
        self.signer = FakeSigner(folder, self.clock)
        self.host = ProxyHost(
            folder, Path("/bin/envoy"), self.relay, self.launcher, self.signer, self.clock
        )
        self.folder = folder
        self.agents: list[HostProxies] = []

    def agent(self) -> HostProxies:
        self.agents.append(HostProxies(self.host))
        return self.agents[-1]

    async def some_time(self) -> None:
        """Files are written and sockets tried off the loop, so give that a moment too."""
        for _ in range(5):
            await asyncio.gather(*(asyncio.to_thread(int) for _ in range(20)))
            await self.clock.pass_by(1)


@pytest.fixture
async def fixture(tmp_path: Path) -> AsyncIterator[Fixture]:
    """One host of this test's own; whatever still runs ends with it."""
    made = Fixture(tmp_path)
    yield made
    for agent in made.agents:
        await agent.close()


async def test_a_desired_pod_gets_everything(fixture: Fixture) -> None:
    """Folder, configuration stream, certificate, bootstrap, Envoy in the pod's network."""
    proxies = fixture.agent()
    proxies.set(read_pods([CART]))
    await settle()
    folder = fixture.folder / "shop.cart-1"
    assert fixture.relay.served == {"shop/cart-1": folder}
    assert "cart-1.shop" in (folder / "bootstrap.json").read_text()
    launch = fixture.launcher.running["envoy/shop/cart-1"]
    assert (launch.pod, launch.argv[0]) == ("shop/cart-1", "/bin/envoy")
    secret = proxies.secret("shop/cart-1")
    assert secret is not None
    assert secret.name == "default"
    assert fixture.relay.secrets == ["shop/cart-1"]
    assert folder.stat().st_mode & 0o777 == 0o700


async def test_a_host_says_which_proxies_are_behind(fixture: Fixture) -> None:
    """Those with a certificate of another issuer, and those that did not acknowledge a secret; with
    the issuer known to all, they renew, and nobody is behind."""
    proxies = fixture.agent()
    proxies.set(read_pods([CART, TILL]))
    await fixture.some_time()
    former = fixture.signer.authority.roots_pem
    fixture.relay.slow = {"shop/till-1"}
    state = proxies.state(Trust(former, former))
    assert state.behind == ("shop/till-1",)
    assert state.renewal is not None
    fixture.relay.slow = set()
    fixture.signer.refound()
    signs = fixture.signer.authority.roots_pem
    fixture.signer.believed = Trust(former + signs, signs, fixture.clock.now(), 1.0)
    assert proxies.state(fixture.signer.trust()).behind == ("shop/cart-1", "shop/till-1")
    proxies.trust_changed()
    await fixture.some_time()
    assert proxies.state(fixture.signer.trust()).behind == ()


async def test_a_pod_that_asks_has_a_workload_api(fixture: Fixture) -> None:
    """And no other. A certificate of a former issuer there holds a rotation up, as Envoy's does;
    with the pod its key goes, and the socket."""
    proxies = fixture.agent()
    proxies.set(read_pods([replace(CART, annotations=ASKED), TILL]))
    await fixture.some_time()
    assert {each.name for each in (fixture.folder / "api").iterdir()} == {"shop.cart-1"}
    socket = fixture.folder / "api" / "shop.cart-1" / "api.sock"
    assert socket.is_socket()
    key = fixture.folder / "shop.cart-1" / "application" / "key.pem"
    assert key.read_text() != (fixture.folder / "shop.cart-1" / "key.pem").read_text()
    assert len(fixture.signer.requests) == 3
    proxy = proxies.state(fixture.signer.trust())
    assert (proxy.behind, proxy.renewal is not None) == ((), True)
    proxies.set([])
    await until(lambda: _done(not socket.exists() and not key.exists()))


async def test_an_application_of_a_former_issuer_is_behind(fixture: Fixture) -> None:
    """Only its own certificate is of another: the proxy's is renewed already."""
    proxies = fixture.agent()
    proxies.set(read_pods([replace(CART, annotations=ASKED)]))
    await fixture.some_time()
    former = (fixture.folder / "shop.cart-1" / "application" / "chain.pem").read_text()
    await proxies.close()
    fixture.signer.refound()
    again = fixture.agent()
    again.remember()
    await fixture.some_time()
    trust = Trust(fixture.signer.authority.roots_pem, fixture.signer.authority.roots_pem)
    assert again.state(trust).behind == ()
    renewed = (fixture.folder / "shop.cart-1" / "application" / "chain.pem").read_text()
    assert renewed != former


async def test_a_host_without_pods_is_behind_in_nothing(fixture: Fixture) -> None:
    """Nor does it renew anything."""
    assert fixture.agent().state(fixture.signer.trust()) == HostState((), None)


async def test_a_killed_agent_comes_back_without_touching_envoys(fixture: Fixture) -> None:
    """The next agent remembers its pods, and what it asks to start is what runs already."""
    fixture.agent().set(read_pods([CART, TILL]))
    await settle()
    spawned = list(fixture.launcher.spawned)
    again = fixture.agent()
    again.remember()
    await settle()
    assert {row.pod for row in await again.status()} == {"shop/cart-1", "shop/till-1"}
    assert fixture.launcher.spawned == spawned
    assert fixture.launcher.killed == []


@pytest.mark.parametrize("held", ["", "[]", '{"schema": 9, "pods": []}', '{"schema": 1}'])
async def test_an_unreadable_memory_is_an_empty_one(fixture: Fixture, held: str) -> None:
    """The agent starts, says so in its log, and waits to be told."""
    (fixture.folder / "desired.json").write_text(held)
    proxies = fixture.agent()
    proxies.remember()
    assert await proxies.status() == []


async def test_an_undesired_pod_leaves_nothing(fixture: Fixture) -> None:
    """Its Envoy is ended, its stream closed, its key gone; its neighbour is not touched."""
    proxies = fixture.agent()
    proxies.set(read_pods([CART, TILL]))
    await settle()
    proxies.set(read_pods([TILL]))
    await until(lambda: _done(not (fixture.folder / "shop.cart-1").exists()))
    assert fixture.launcher.killed == ["envoy/shop/cart-1"]
    assert set(fixture.relay.served) == {"shop/till-1"}


async def test_a_pod_that_returns_starts_after_the_end_of_the_old(fixture: Fixture) -> None:
    """The new Envoy is not killed, nor its folder removed, by the old one's end."""
    proxies = fixture.agent()
    proxies.set(read_pods([CART]))
    await settle()
    proxies.set([])
    proxies.set(read_pods([CART]))
    await until(lambda: _done(len(fixture.launcher.spawned) == 2))
    assert fixture.launcher.killed == ["envoy/shop/cart-1"]
    assert (fixture.folder / "shop.cart-1" / "bootstrap.json").exists()
    assert "shop/cart-1" in fixture.relay.served


async def test_a_launch_that_fails_is_tried_again(fixture: Fixture) -> None:
    """A pod whose network is not there yet gets its Envoy when it is."""
    fixture.launcher.refuse = True
    proxies = fixture.agent()
    proxies.set(read_pods([CART]))
    await fixture.some_time()
    assert fixture.launcher.running == {}
    fixture.launcher.refuse = False
    await fixture.some_time()
    assert "envoy/shop/cart-1" in fixture.launcher.running


TOLD = ("pod", "workload", "pid", "connected", "synced", "pending", "rejected")


async def test_status_tells_what_a_person_asks_first(fixture: Fixture) -> None:
    """Who, which process, whether configured, until when certified, whether ready."""
    proxies = fixture.agent()
    proxies.set(read_pods([CART]))
    await settle()
    [status] = await proxies.status()
    row = dict(as_words(status))
    assert row.pop("certificate_expires").endswith("Z")
    assert list(row) == [*TOLD, "envoy", "ready"]
    assert row == {
        "pod": "shop/cart-1",
        "workload": "shop/cart",
        "pid": 4712,
        "connected": True,
        "synced": True,
        "pending": 0,
        "rejected": [],
        "envoy": "",
        "ready": False,
    }


async def _done(value: bool) -> bool:
    return value


async def asked(path: Path, *lines: bytes) -> list[Any]:
    reader, writer = await asyncio.open_unix_connection(str(path))
    try:
        writer.write(b"".join(lines))
        return [json.loads(await reader.readline()) for _ in lines]
    finally:
        writer.close()


async def test_the_socket_speaks_lines(fixture: Fixture) -> None:
    """Set, status and drain over one connection, private to this user; errors in words."""
    path = fixture.folder / "agent.sock"
    control = await open_control(operations(fixture.agent()), path)
    try:
        assert path.stat().st_mode & 0o777 == 0o600
        done, state, nobody, unknown, torn, bad = await asked(
            path,
            msgspec.json.encode(SetPods([CART])) + b"\n",
            b'{"op": "status"}\n',
            b'{"op": "drain", "pod": "shop/none"}\n',
            b'{"op": "dance"}\n',
            b"not json\n",
            b'{"op": "set", "pods": [{}]}\n',
        )
    finally:
        control.close()
    assert done == {"pods": 1}
    assert [row["pod"] for row in state["proxies"]] == ["shop/cart-1"]
    assert "no proxy on this host" in nobody["error"]
    assert "drain, metrics, set, status" in unknown["error"]
    assert "drain, metrics, set, status" in torn["error"]
    assert "missing required field `namespace` - at `$.pods[0]`" in bad["error"]


async def test_draining_a_silent_proxy_is_done_at_once(fixture: Fixture) -> None:
    """An Envoy that is gone has nothing to finish; nobody waits for it."""
    proxies = fixture.agent()
    proxies.set(read_pods([CART]))
    await settle()
    assert await proxies.drain("shop/cart-1", 30)


def test_a_log_never_fills_the_disk(tmp_path: Path) -> None:
    """Past its bound the log is kept once aside and begun again, under the writer's hands."""
    path = tmp_path / "access.log"
    bound_log(path, 10)
    with path.open("ab", buffering=0) as writer:
        writer.write(b"0123456789")
        bound_log(path, 10)
        assert path.read_bytes() == b"0123456789"
        writer.write(b"!")
        bound_log(path, 10)
        writer.write(b"again")
    assert path.read_bytes() == b"again"
    assert (tmp_path / "access.log.1").read_bytes() == b"0123456789!"


async def test_a_path_too_long_is_told(tmp_path: Path) -> None:
    """The kernel's limit comes with its remedy."""
    with pytest.raises(NoControl, match="GOSSAMER_HOME"):
        await open_control([], tmp_path / ("x" * 100) / "agent.sock")
