"""Benchmarks are run by hand; that they still run is held here, on the smallest of meshes."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def bench_is_importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))


@pytest.mark.parametrize("discovery", ["eager", "on-demand"])
async def test_five_sidecars_and_five_services(discovery: str) -> None:
    """Simulated sidecars connect to a real plane, and get each change once."""
    push, mesh = import_module("bench.push"), import_module("bench.mesh")
    asked = push.Asked(mesh.Size(5, 1, 5), discovery, 2, "one", True, 1, idle_s=0.0)
    rows = {row["phase"]: row for row in await push.run(asked)}
    assert rows["connect"]["reached"] == 5
    wanted = 5 if discovery == "eager" else 2
    assert rows["virtual service"]["messages"] == rows["endpoint"]["messages"] == wanted


async def test_a_policy_is_sent_to_whom_it_selects() -> None:
    """Of three workloads one gets the change of its policy; all get that of the namespace's."""
    policies = import_module("bench.policies")
    _, one, every = await policies.measure(workloads=3, trials=1)
    assert (one["reached"], one["messages"]) == (1, 1)
    assert (every["reached"], every["messages"]) == (3, 3)


def test_growth_of_a_small_mesh() -> None:
    """Each change differs in what a sidecar on demand holds."""
    row = import_module("bench.growth").row(12, "on-demand")
    assert min(row["virtual_service_entries"], row["endpoint_entries"]) > 0


def test_a_point_of_a_curve() -> None:
    """One size of mesh has a plane of its own, and its phases make one row."""
    curves, mesh = import_module("bench.curves"), import_module("bench.mesh")
    (asked,) = curves.points([5], [], "on-demand")
    row = curves.row(replace(asked, size=mesh.Size(5, 1, 5), trials=1, idle_s=0.0))
    assert (row["services"], row["sidecars"], row["route_reached"]) == (5, 5, 5)


async def test_a_server_that_does_nothing() -> None:
    """Five streams have every third request answered."""
    floor = import_module("bench.floor")
    row = await floor.measure(5)
    assert (row["requests"], row["responses"]) == (120, 40)


async def test_envoy_keeps_connections_when_a_discovered_filter_changes() -> None:
    """Open HTTP/1.1, HTTP/2 and TCP connections live on; the next request meets the new filter."""
    (row,) = await import_module("bench.ecds").measure(["changed by ECDS"])
    assert row["seen"] == (
        "Http1: 200 1 -> 200 2, then 200 2; new: 200 2; "
        "Http2: 200 1 -> 200 2, then 200 2; new: 200 2; "
        "Bytes: echo -> echo, then echo; new: ended; drained: chains 0, listeners 0"
    )


@pytest.mark.e2e
def test_a_call_through_proxies_and_one_without(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lab comes up, is called both ways, and says what its two Envoys used."""
    path, pods = import_module("bench.path"), import_module("bench.path_pods")
    if lacking := path.missing():
        pytest.skip(f"Debian packages {lacking} are not installed")
    monkeypatch.chdir(ROOT)
    http = next(each for each in pods.PROTOCOLS if each.name == "http/1.1")
    (row,) = path.measure(path.Asked((http,), ("1k",), seconds=1, rounds=1))
    assert row["failed"] == 0
    assert min(row["client_us"], row["server_us"]) > 0


@pytest.mark.e2e
def test_policies_and_tokens_beside_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers with policies of each kind answer beside one without any."""
    path, policed = import_module("bench.path"), import_module("bench.path_policies")
    if lacking := path.missing():
        pytest.skip(f"Debian packages {lacking} are not installed")
    monkeypatch.chdir(ROOT)
    wanted = policed.cases([2], ["jwt", "rego"])
    rows = policed.measure(wanted, seconds=1, rounds=1)
    assert [row["case"] for row in rows] == ["none", "2 policies", "JWT", "Rego, asked"]
    assert not any(row["failed"] for row in rows)


@pytest.mark.e2e
def test_handshakes_of_both_curves_are_measured() -> None:
    """Both pairs meet anew for each call, and carry it."""
    handshake = import_module("bench.handshake")
    if not shutil.which("h2load"):
        pytest.skip("Debian package nghttp2-client is not installed")
    kept, classic, hybrid = handshake.measure(rounds=1)
    assert kept["call_us"] < min(classic["call_us"], hybrid["call_us"])


@pytest.mark.e2e
def test_what_is_compiled_runs_on_loopback_with_any_part_left_out() -> None:
    """Two Envoys take every variant of the shipped chain and carry calls with it."""
    parts = import_module("bench.parts")
    if not shutil.which("h2load"):
        pytest.skip("Debian package nghttp2-client is not installed")
    (row,) = parts.measure(["all of these"], "1k", rounds=1)
    assert min(row["whole_us"], row["envoys_us"]) > 0


@pytest.mark.e2e
async def test_a_first_use_where_nothing_decides() -> None:
    """Two real Envoys and a server of ready resources: unseen hosts and known ones answer."""
    first_floor = import_module("bench.first_floor")
    unseen, known = await first_floor.measure(2)
    assert (unseen["failed"], known["failed"]) == (0, 0)
    assert unseen["second_p50_ms"] > 0


@pytest.mark.e2e
def test_our_pair_beside_one_like_istios() -> None:
    """Both pairs and the server itself answer, in the protocol whose server is another program."""
    path, peer = import_module("bench.path"), import_module("bench.peer")
    if lacking := path.missing():
        pytest.skip(f"Debian packages {lacking} are not installed")
    (row,) = peer.measure(["grpc"], ["1k"], peer.Asked(seconds=1, rounds=1))
    assert row["failed"] == 0
    assert min(row["ours_us"], row["istio_us"]) > 0


@pytest.mark.e2e
def test_a_change_until_a_real_envoy_has_it() -> None:
    """Edits of a route and of an endpoint reach exactly the one Envoy that holds them."""
    change = import_module("bench.change")
    route, endpoint, burst = change.measure(proxies=3, trials=2)
    assert min(route["plane_p50_ms"], endpoint["plane_p50_ms"]) > 0
    assert burst["responses"] >= 1


def test_every_benchmark_has_a_main() -> None:
    """Each that `python -m bench` names can be imported."""
    entry = import_module("bench.__main__")
    assert all(callable(import_module(f"bench.{name}").main) for name in entry.NAMES)
    sys.modules.pop("bench.__main__", None)


def test_checks_of_a_few() -> None:
    """Gateways of one selector and rules of one VirtualService make one row."""
    row = import_module("bench.growth").wide_row(3)
    assert row["gateways_ms"] > 0
    assert row["rules_ms"] > 0


def test_a_stand_in_is_small() -> None:
    """One process listens, and its memory is read."""
    row = import_module("bench.stand_ins").row("idle", ("stand-in", "--listen", "PORT"))
    assert row["rss_mb"] < 40
