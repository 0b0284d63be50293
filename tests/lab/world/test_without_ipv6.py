"""A machine without IPv6: the lab speaks IPv4 alone, and says why."""

from pathlib import Path

import pytest

from gossamer.capture.plan import CapturePlan
from gossamer.lab.world.world import Vip, World
from tests.lab.world.stage import V4, V6, A, B, Stage

REASON = "switched off for this test"
SITE = f"""
import gossamer.lab.world.links
gossamer.lab.world.links.why_no_ipv6 = lambda: {REASON!r}
"""


@pytest.mark.usefixtures("needs_namespaces")
async def test_everything_works_over_ipv4(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """IPv6 addresses and Services are passed over; capture and IPv4 Services hold."""
    (tmp_path / "sitecustomize.py").write_text(SITE)
    source = Path(__file__).parents[3] / "src"
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("PYTHONPATH", str(source), prepend=":")
    world = await World.start(tmp_path)
    stage = Stage(world, tmp_path)
    try:
        assert world.without_ipv6 == REASON
        await stage.pods(A, B)
        await stage.parrot(B, "b", 8080)
        await stage.parrot(A, "proxy", 15001)
        ends = ((V4[B], 8080), (V6[B], 8080))
        v6 = Vip("fd00:10:96::7", "TCP", 80, ends)
        await world.set_vips((Vip("10.96.0.7", "TCP", 80, ends), v6))
        assert (await stage.call(A, "10.96.0.7", 80))[0].startswith("b:8080")
        await world.set_capture(A, CapturePlan())
        assert (await stage.call(A, "10.96.0.7", 80))[0].startswith("proxy:15001")
        assert await stage.call(A, V6[B], 8080) == ["ENETUNREACH"]
    finally:
        await world.close()
