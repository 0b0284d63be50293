"""Whom a rotation waits for, by what proxies acknowledged and agents told."""

from __future__ import annotations

import msgspec
import pytest

from gossamer.identity.plan import SpiffeId
from gossamer.identity.rotation.plan import Waiting
from gossamer.identity.shapes import TrustReport
from gossamer.model.workload.pod import Pod, ProxyRole
from gossamer.plane.rotation.evidence import SILENT_S, Wanted, waiting_for
from gossamer.plane.rotation.reports import AgentReports
from gossamer.xds.stream.session import MalformedRequest, StreamRefused

WANTED = Wanted("roots", "issuer")
WELL = TrustReport("east", "roots", "issuer", own=True)
EAST = SpiffeId.of_agent("east")


def pod(name: str = "cart-1", host: str = "east", role: ProxyRole = ProxyRole.SIDECAR) -> Pod:
    return Pod("shop", name, "cart", (), host=host, role=role)


def waited(report: TrustReport | None = WELL, lack: str | None = None) -> list[str]:
    """Who is waited for in a mesh of one pod."""
    reports = {} if report is None else {report.host: report}
    return [each.who for each in waiting_for([pod()], lambda _: lack, reports, WANTED)]


def test_nobody_is_waited_for_once_all_have_followed() -> None:
    """The agent believes the roots and knows the issuer, and so do Envoy and its certificate."""
    assert waited() == []


@pytest.mark.parametrize(
    "report",
    [
        None,
        TrustReport("east", "former", "issuer", own=True),
        TrustReport("east", "roots", "former", own=True),
        TrustReport("east", "roots", "issuer", own=False),
    ],
    ids=["silent", "roots", "issuer", "own certificate"],
)
def test_an_agent_that_has_not_followed(report: TrustReport | None) -> None:
    """It is waited for, by the name of its host."""
    assert waited(report) == ["host east"]


def test_a_proxy_that_has_not_acknowledged() -> None:
    """Its stream says so, or it has none."""
    (one,) = waiting_for([pod()], lambda _: "its proxy is not connected", {"east": WELL}, WANTED)
    assert one == Waiting("Pod shop/cart-1", "its proxy is not connected")


def test_a_proxy_with_a_certificate_of_the_former_issuer() -> None:
    """Its agent says so; what it said of another issuer counts for nothing."""
    behind = TrustReport("east", "roots", "issuer", own=True, behind=("shop/cart-1",))
    assert waited(behind) == ["Pod shop/cart-1"]
    stale = TrustReport("east", "roots", "former", own=True, behind=("shop/cart-1",))
    assert waited(stale) == ["host east"]


def test_who_has_no_proxy_is_not_waited_for() -> None:
    """Nor its host, if all its pods are so."""
    assert waiting_for([pod(role=ProxyRole.NONE)], lambda _: "none", {}, WANTED) == ()


def test_an_agent_without_pods_is_waited_for_while_it_speaks() -> None:
    """It may get a pod at any moment; one that fell silent is gone."""
    now = [0.0]
    reports = AgentReports(lambda: now[0])
    reports.take(msgspec.json.encode(TrustReport("east", "former")), EAST, "cluster.local")
    assert list(reports.of([])) == ["east"]
    now[0] = SILENT_S + 1
    assert reports.of([]) == {}
    assert list(reports.of(["east"])) == ["east"]


def test_an_agent_speaks_for_its_own_host_alone() -> None:
    """Another could end a phase for a host that has not followed."""
    reports = AgentReports(lambda: 0.0)
    request = msgspec.json.encode(WELL)
    for caller in (
        SpiffeId.of_agent("west"),
        SpiffeId.of_account("shop", "east"),
        SpiffeId.of_agent("east", "other.org"),
    ):
        with pytest.raises(StreamRefused, match="only that host's agent"):
            reports.take(request, caller, "cluster.local")
    assert reports.of(["east"]) == {}


@pytest.mark.parametrize("request_", [b"", b"[]", b'{"host": 1}', b'{"roots": ""}'])
def test_a_report_that_cannot_be_read_is_refused(request_: bytes) -> None:
    """In words, not by a fault."""
    with pytest.raises(MalformedRequest, match="cannot be read"):
        AgentReports(lambda: 0.0).take(request_, EAST, "cluster.local")


def test_the_first_renewal_of_all_hosts_is_the_next() -> None:
    """Times are told in one form, so that text tells which is earlier."""
    reports = AgentReports(lambda: 0.0)
    assert reports.next_renewal() is None
    for host, at in (("east", "2031-01-02T00:00:00Z"), ("west", "2031-01-01T00:00:00Z")):
        report = TrustReport(host, renewal=at)
        reports.take(msgspec.json.encode(report), SpiffeId.of_agent(host), "cluster.local")
    assert reports.next_renewal() == "2031-01-01T00:00:00Z"
