"""Capture as the kernel does it: small servers stand where the proxy would."""

import pytest

from gossamer.capture.plan import CapturePlan, read_plan
from tests.lab.world.stage import V4, V6, A, B, Stage

OUT, IN = 15001, 15006


@pytest.fixture
async def mesh(stage: Stage) -> Stage:
    """Pod a captured, its proxy played by a parrot on both ports; pod b bare."""
    await stage.pods(A, B)
    await stage.parrot(A, "proxy", OUT, IN, 15021)
    await stage.parrot(A, "app", 8080, 9090)
    await stage.parrot(B, "other", 80, 8080, 8443)
    await stage.world.set_capture(A, CapturePlan())
    return stage


async def test_outbound_tcp_reaches_the_proxy_which_knows_the_address_dialled(mesh: Stage) -> None:
    """An application dials anyone; its proxy gets the connection and SO_ORIGINAL_DST."""
    assert await mesh.call(A, V4[B], 80) == [f"proxy:{OUT} {V4[A]} {V4[B]} 80"]


@pytest.mark.usefixtures("ipv6")
async def test_ipv6_is_captured_alike(mesh: Stage) -> None:
    """The same holds for IPv6, both ways."""
    assert await mesh.call(A, V6[B], 80) == [f"proxy:{OUT} {V6[A]} {V6[B]} 80"]
    assert await mesh.call(B, V6[A], 8080) == [f"proxy:{IN} {V6[B]} {V6[A]} 8080"]


async def test_inbound_tcp_reaches_the_proxy_with_the_callers_address(mesh: Stage) -> None:
    """Whoever calls a captured pod meets its proxy, which sees the caller's own address."""
    assert await mesh.call(B, V4[A], 8080) == [f"proxy:{IN} {V4[B]} {V4[A]} 8080"]


async def test_the_proxys_own_ports_are_reached_directly(mesh: Stage) -> None:
    """Readiness is asked of the proxy itself, not led through it."""
    assert await mesh.call(B, V4[A], 15021) == [f"proxy:15021 {V4[B]} {V4[A]} 15021"]


async def test_marked_sockets_pass(mesh: Stage) -> None:
    """The proxy's connections to the mesh (0x539) and a probe's (0x53a) are not captured."""
    for mark in (0x539, 0x53A):
        assert await mesh.call(A, V4[B], 80, mark=mark) == [f"other:80 {V4[A]} {V4[B]} 80"]


async def test_a_call_to_itself_passes_both_sides_of_its_proxy(mesh: Stage) -> None:
    """A pod that calls its own address meets its outbound side, then its inbound side."""
    assert await mesh.call(A, V4[A], 8080) == [f"proxy:{OUT} {V4[A]} {V4[A]} 8080"]
    assert await mesh.call(A, V4[A], 8080, mark=0x539) == [f"proxy:{IN} {V4[A]} {V4[A]} 8080"]
    assert await mesh.call(A, V4[A], 8080, mark=0x53A) == [f"app:8080 {V4[A]} {V4[A]} 8080"]


async def test_loopback_stays_in_the_application(mesh: Stage) -> None:
    """Two processes of one pod may talk over 127.0.0.1 without the mesh."""
    assert await mesh.call(A, "127.0.0.1", 8080) == ["app:8080 127.0.0.1 127.0.0.1 8080"]


async def test_annotations_exclude_ports_and_ranges(mesh: Stage) -> None:
    """What the annotations exclude goes straight to where it was sent, in both directions."""
    plan, complaints = read_plan(
        {
            "traffic.sidecar.istio.io/excludeOutboundPorts": "8443",
            "traffic.sidecar.istio.io/excludeInboundPorts": "9090",
        }
    )
    assert complaints == ()
    await mesh.world.set_capture(A, plan)
    assert await mesh.call(A, V4[B], 8443) == [f"other:8443 {V4[A]} {V4[B]} 8443"]
    assert await mesh.call(A, V4[B], 80) == [f"proxy:{OUT} {V4[A]} {V4[B]} 80"]
    assert await mesh.call(B, V4[A], 9090) == [f"app:9090 {V4[B]} {V4[A]} 9090"]
    assert await mesh.call(B, V4[A], 8080) == [f"proxy:{IN} {V4[B]} {V4[A]} 8080"]
    narrow, _ = read_plan({"traffic.sidecar.istio.io/excludeOutboundIPRanges": f"{V4[B]}/32"})
    await mesh.world.set_capture(A, narrow)
    assert await mesh.call(A, V4[B], 80) == [f"other:80 {V4[A]} {V4[B]} 80"]


async def test_included_ports_are_taken_where_no_range_is(mesh: Stage) -> None:
    """With no address range captured, a named port still is."""
    plan, _ = read_plan(
        {
            "traffic.sidecar.istio.io/includeOutboundIPRanges": "",
            "traffic.sidecar.istio.io/includeOutboundPorts": "80",
        }
    )
    await mesh.world.set_capture(A, plan)
    assert await mesh.call(A, V4[B], 80) == [f"proxy:{OUT} {V4[A]} {V4[B]} 80"]
    assert await mesh.call(A, V4[B], 8080) == [f"other:8080 {V4[A]} {V4[B]} 8080"]


async def test_capture_can_be_taken_away(mesh: Stage) -> None:
    """Without a plan the pod is as it was."""
    await mesh.world.set_capture(A, None)
    assert await mesh.call(A, V4[B], 80) == [f"other:80 {V4[A]} {V4[B]} 80"]
    assert await mesh.call(B, V4[A], 8080) == [f"app:8080 {V4[B]} {V4[A]} 8080"]


async def test_an_application_cannot_set_the_mark_that_passes(mesh: Stage) -> None:
    """A dropped process is refused the mark, so it cannot go round its proxy."""
    assert await mesh.call(A, V4[B], 80, mark=0x53A, drop=True) == ["EPERM"]
    assert await mesh.call(A, V4[B], 80, drop=True) == [f"proxy:{OUT} {V4[A]} {V4[B]} 80"]
