"""Which regular expressions a real Envoy takes, with the limits of our bootstrap, we know.

`GOSSAMER_PATTERNS` says how many (3000 without it), `GOSSAMER_SEED` where they begin.
"""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from random import Random
from typing import Any

import pytest

from gossamer.dialects.values.regex import LONGEST, fault_of
from gossamer.envoy.admin import Admin, AdminSilent
from gossamer.envoy.binary import envoy_path
from gossamer.envoy.bootstrap import BootstrapPlan, bootstrap
from gossamer.envoy.process import ENVIRONMENT, ProcessPlan, argv
from tests.envoy.patterns import drawn_pattern
from tests.waiting import until

pytestmark = pytest.mark.e2e
PATTERNS = int(os.environ.get("GOSSAMER_PATTERNS", "3000"))
SEED = int(os.environ.get("GOSSAMER_SEED", "1"))
LARGE = (*("a{1000}" * thousands for thousands in (1, 29, 34, 140)), "\\pL{1000}" * 9)
"""Programs on either side of the limit."""
_HTTP = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
_ROUTER = "envoy.extensions.filters.http.router.v3.Router"


async def test_what_is_let_through_is_taken_and_what_is_told_is_refused(tmp_path: Path) -> None:
    """Each pattern stands in a listener of its own, for Envoy refuses these one by one."""
    rng = Random(SEED)
    patterns = dict.fromkeys((*LARGE, *(drawn_pattern(rng) for _ in range(PATTERNS))))
    asked = [pattern for pattern in patterns if len(pattern) <= LONGEST]
    refused = await _refused(tmp_path, asked)
    ours = {pattern: fault_of(pattern) for pattern in asked}
    passed = {pattern: why for pattern, why in refused.items() if ours[pattern] is None}
    assert passed == {}
    wrong = {p: why for p, why in ours.items() if why and p not in refused}
    assert wrong == {}
    assert len(asked) / 10 < len(refused) < len(asked) * 9 / 10


async def _refused(folder: Path, patterns: list[str]) -> dict[str, str]:
    """The patterns that an Envoy refuses, with what it says."""
    listeners = {"resources": [_listener(at, each) for at, each in enumerate(patterns)]}
    (folder / "listeners.json").write_text(json.dumps(listeners))
    plan = BootstrapPlan("a.b", "a.b", f"{folder}/ads.sock", f"{folder}/admin.sock", mark=None)
    made = json.loads(bootstrap(plan))
    source = {"path_config_source": {"path": f"{folder}/listeners.json"}}
    made["dynamic_resources"] = {"lds_config": {**source, "resource_api_version": "V3"}}
    made["static_resources"]["listeners"] = []
    (folder / "bootstrap.json").write_text(json.dumps(made))
    command = argv(ProcessPlan(envoy_path(), folder / "bootstrap.json"))
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command, env=ENVIRONMENT, stdout=log, stderr=log
        )
    try:
        return await _told(Admin(folder / "admin.sock", timeout=60.0), patterns)
    finally:
        process.kill()
        await process.wait()


async def _told(admin: Admin, patterns: list[str]) -> dict[str, str]:
    await until(lambda: _live(admin), within=60)
    dump = await admin.json("/config_dump?resource=dynamic_listeners")
    failures = [each["error_state"] for each in dump["configs"] if "error_state" in each]
    refused = {int(each["failed_configuration"]["name"]): each["details"] for each in failures}
    taken = {int(each["name"]) for each in dump["configs"] if "active_state" in each}
    assert sorted((*taken, *refused)) == list(range(len(patterns)))
    return {patterns[at]: why for at, why in refused.items()}


async def _live(admin: Admin) -> bool:
    try:
        return await admin.state() == "LIVE"
    except AdminSilent:
        return False


def _listener(number: int, pattern: str) -> dict[str, Any]:
    route = {"match": {"safe_regex": {"regex": pattern}}, "direct_response": {"status": 200}}
    host = {"name": "all", "domains": ["*"], "routes": [route]}
    http = {
        "@type": f"type.googleapis.com/{_HTTP}",
        "stat_prefix": "http",
        "route_config": {"name": "all", "virtual_hosts": [host]},
        "http_filters": [
            {"name": "router", "typed_config": {"@type": f"type.googleapis.com/{_ROUTER}"}}
        ],
    }
    return {
        "@type": "type.googleapis.com/envoy.config.listener.v3.Listener",
        "name": str(number),
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": 1 + number}},
        "bind_to_port": False,
        "filter_chains": [{"filters": [{"name": "http", "typed_config": http}]}],
    }
