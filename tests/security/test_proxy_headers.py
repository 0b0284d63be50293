"""What only proxies may say reaches applications from proxies alone, on every road."""

from __future__ import annotations

from pathlib import Path

import pytest

from gossamer.compile.listeners.proxy_headers import NEVER_SENT, SENT_BY_PROXIES
from gossamer.identity.authority import Authority
from tests.compile.dialling import ask, echoing
from tests.compile.reviews_mesh import REVIEWS_VIP
from tests.compile.running_mesh import Start
from tests.compile.two_workloads import World
from tests.security.edge_stage import fronted

pytestmark = pytest.mark.e2e

FORGED = dict.fromkeys((*NEVER_SENT, *SENT_BY_PROXIES), "forged")
ASKED_OF_ENVOY = {"x-envoy-upstream-rq-timeout-ms": "4000", "x-envoy-max-retries": "1"}
USEFUL = ("x-request-id", "x-forwarded-proto")


async def test_from_outside_nothing_is_said_to_envoy(
    start: Start, authority: Authority, tmp_path: Path
) -> None:
    """No header of Envoy's comes through a gateway as a client wrote it; the gateway's own do."""
    lines = (f"{name}: {value}" for name, value in {**FORGED, **ASKED_OF_ENVOY}.items())
    async with fronted(start, authority, tmp_path) as front:
        seen = await front.seen(*lines, "X-Envoy-Anything: forged", "x-envoy-attempt-count: 7")
        assert "forged" not in seen.values()
        assert not {*seen} & {*ASKED_OF_ENVOY}
        assert seen["x-envoy-external-address"].startswith("127.")
        assert seen["x-envoy-attempt-count"] == "1"
        assert {*USEFUL} <= {*seen}


async def test_not_from_a_pod_with_a_proxy(start: Start, authority: Authority) -> None:
    """A workload's own word in a proxy's name is taken off, and the count of attempts is true."""
    world = World(authority)
    _, caller = await world.both(start)
    said = {"x-envoy-attempt-count": "7", **FORGED}
    async with echoing(world.app, 9080):
        answer = await ask(caller.plane.bind, (REVIEWS_VIP, 9080), "reviews:9080", headers=said)
    assert "forged" not in answer.seen.values()
    assert answer.seen["x-envoy-attempt-count"] == "1"


async def test_not_from_a_pod_without(start: Start, authority: Authority) -> None:
    """Whoever calls in plaintext has no proxy to speak for, and says nothing to this one."""
    world = World(authority)
    callee = await start(world.plane(world.reviews))
    said = {**FORGED, **ASKED_OF_ENVOY, "x-envoy-anything": "forged"}
    async with echoing(world.app, 9080):
        answer = await ask(callee.plane.bind, None, "reviews", port=9080, headers=said)
    assert not {name for name in answer.seen if name.startswith("x-envoy-")}
