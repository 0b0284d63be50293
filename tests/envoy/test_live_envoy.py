"""A real Envoy from our bootstrap: its readiness, its answers, its leaving."""

from __future__ import annotations

import asyncio
import http.client
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from gossamer.contract.ports import READINESS_PATH, READINESS_PORT
from gossamer.envoy.admin import Admin, AdminSilent
from gossamer.envoy.drain import drain
from gossamer.envoy.dump import cluster_rows, endpoint_rows, listener_rows, route_rows
from tests.envoy.running_envoy import Resources, Running
from tests.waiting import until

Start = Callable[[Resources], Awaitable[Running]]
API = "type.googleapis.com/envoy"
WEB = "outbound|80||web.shop.svc.cluster.local"


def listener() -> dict[str, Any]:
    """One HTTP listener on a Unix socket, so that tests never fight for a port."""
    routes = [
        {"match": {"prefix": "/old"}, "direct_response": {"status": 410}},
        {"match": {"prefix": "/"}, "route": {"cluster": WEB}},
    ]
    manager = {
        "@type": f"{API}.extensions.filters.network.http_connection_manager.v3"
        ".HttpConnectionManager",
        "stat_prefix": "outbound",
        "http_filters": [
            {
                "name": "router",
                "typed_config": {"@type": f"{API}.extensions.filters.http.router.v3.Router"},
            }
        ],
        "route_config": {
            "name": "80",
            "virtual_hosts": [{"name": "web", "domains": ["web"], "routes": routes}],
        },
    }
    return {
        "name": "outbound",
        "address": {"pipe": {"path": "@gossamer-test-outbound"}},
        "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
    }


def cluster() -> dict[str, Any]:
    address = {"socket_address": {"address": "127.0.0.1", "port_value": 9}}
    host = {"endpoint": {"address": address}, "load_balancing_weight": 3}
    group = {"locality": {"region": "eu", "zone": "eu-1"}, "lb_endpoints": [host]}
    return {
        "name": WEB,
        "type": "STATIC",
        "load_assignment": {"cluster_name": WEB, "endpoints": [group]},
    }


def shop(tmp_path: Path) -> Resources:
    made = listener()
    made["address"]["pipe"]["path"] = str(tmp_path / "outbound.sock")
    return {
        f"{API}.config.listener.v3.Listener": {"outbound": made},
        f"{API}.config.cluster.v3.Cluster": {WEB: cluster()},
    }


def probe(address: str) -> int:
    connection = http.client.HTTPConnection(address, READINESS_PORT, timeout=5)
    connection.request("GET", READINESS_PATH)
    return connection.getresponse().status


async def test_it_is_ready_until_it_drains(start: Start) -> None:
    """Readiness says 200 once configured, 503 as soon as draining began."""
    envoy = await start({})
    assert await asyncio.to_thread(probe, envoy.readiness) == 200
    await drain(envoy.admin)
    assert await envoy.admin.state() == "DRAINING"
    try:
        answered = await asyncio.to_thread(probe, envoy.readiness)
    except OSError:
        answered = 503  # the listener has closed already, which tells a prober the same
    assert answered == 503


async def test_the_admin_socket_is_private(start: Start, tmp_path: Path) -> None:
    """Its file mode is 0600 whatever the umask was."""
    await start({})
    assert (tmp_path / "admin.sock").stat().st_mode & 0o777 == 0o600


async def test_an_answer_says_which_process_gave_it(start: Start) -> None:
    """The kernel tells who listens on the admin socket, so that an Envoy is not taken for its
    successor."""
    envoy = await start({})
    assert (await envoy.admin.answer("/ready")).pid == envoy.process.pid


async def test_its_configuration_reads_as_rows(start: Start, tmp_path: Path) -> None:
    """Clusters, listeners, routes and endpoints come out as Envoy holds them."""
    envoy = await start(shop(tmp_path))
    dump = await envoy.admin.config()
    agent, web = cluster_rows(dump)
    assert (agent["name"], agent["state"]) == ("agent", "static")
    assert web == {"name": WEB, "type": "STATIC", "tls": False, "state": "active", "version": "1"}
    outbound, readiness = listener_rows(dump)
    assert (outbound["address"], outbound["state"]) == (str(tmp_path / "outbound.sock"), "active")
    assert (readiness["name"], readiness["filter_chains"]) == ("readiness", 1)
    [host] = [row for row in endpoint_rows(await envoy.admin.clusters()) if row["cluster"] == WEB]
    assert (host["address"], host["weight"], host["locality"]) == ("127.0.0.1:9", 3, "eu/eu-1")
    assert host["health"] == "HEALTHY"
    assert set(await envoy.admin.listeners()) == {"outbound", "readiness"}
    [row] = [row for row in route_rows(dump) if row["name"] == "80"]
    assert row["routes"] == [
        {"match": "prefix /old", "to": "direct response 410"},
        {"match": "prefix /", "to": WEB},
    ]


async def test_hosts_that_came_on_their_own_are_shown(start: Start, tmp_path: Path) -> None:
    """Virtual hosts that Envoy fetched apart from their route config stand in it as rows."""
    held = shop(tmp_path)
    ads = {"ads": {}, "resource_api_version": "V3"}
    chain = held[f"{API}.config.listener.v3.Listener"]["outbound"]["filter_chains"][0]
    manager = chain["filters"][0]["typed_config"]
    routes = manager.pop("route_config")["virtual_hosts"][0]["routes"]
    manager["rds"] = {"route_config_name": "80", "config_source": ads}
    config = {"name": "80", "vhds": {"config_source": ads}}
    host = {"name": "80/web", "domains": ["web"], "routes": routes}
    held[f"{API}.config.route.v3.RouteConfiguration"] = {"80": config}
    held[f"{API}.config.route.v3.VirtualHost"] = {"80/web": host}
    envoy = await start(held)

    async def shown() -> bool:
        rows = route_rows(await envoy.admin.config())
        return [(row["name"], row["virtual_host"]) for row in rows] == [
            ("80", "80/web"),
            ("readiness", "readiness"),
        ]

    await until(shown)


async def test_a_clusters_whole_name_is_its_tag(start: Start, tmp_path: Path) -> None:
    """Dots in a service's name do not cut its counters apart."""
    envoy = await start(shop(tmp_path))
    assert f"cluster.{WEB}.membership_total" in await envoy.admin.stats("membership")
    text = await envoy.admin.prometheus("membership_total")
    assert f'envoy_cluster_membership_total{{envoy_cluster_name="{WEB}"}} 1' in text


async def test_counters_nobody_reads_are_not_kept(start: Start, tmp_path: Path) -> None:
    """A cluster costs about twenty counters, not a hundred."""
    envoy = await start(shop(tmp_path))
    names = await envoy.admin.json("/stats?format=json&filter=^cluster.outbound")
    assert 0 < len(names["stats"]) <= 20


async def test_a_gone_envoy_is_said_to_be_silent(start: Start) -> None:
    """Whoever asks a dead proxy gets one clear error, at once."""
    envoy = await start({})
    envoy.process.terminate()
    assert await envoy.process.wait() == 0

    async def silent() -> bool:
        with pytest.raises(AdminSilent, match=r"admin\.sock did not answer"):
            await envoy.admin.state()
        return True

    await until(silent)


async def test_a_hung_envoy_costs_its_timeout_only(start: Start) -> None:
    """A stopped proxy is given up in time, however many ask it at once."""
    envoy = await start({})
    envoy.process.send_signal(signal.SIGSTOP)
    try:
        hurried = Admin(envoy.admin.path, timeout=0.3)
        async with asyncio.timeout(5):
            asked = (hurried.state() for _ in range(50))
            answers = await asyncio.gather(*asked, return_exceptions=True)
    finally:
        envoy.process.send_signal(signal.SIGCONT)
    assert all(isinstance(each, AdminSilent) for each in answers)
    assert await envoy.admin.state() == "LIVE"


async def test_a_path_too_long_names_its_remedy() -> None:
    """The kernel's limit on socket paths is told as such."""
    with pytest.raises(AdminSilent, match="GOSSAMER_HOME"):
        await Admin(Path("/tmp/" + "x" * 120)).state()


async def test_errors_of_envoy_are_quoted(start: Start) -> None:
    """What Envoy refuses is told in its words."""
    envoy = await start({})
    with pytest.raises(AdminSilent, match="answered 404"):
        await envoy.admin.get("/nothing")
