"""Envoy takes every shape of listener and cluster that the compiler can make, as it is made."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import InboundView, OutboundView, ScopeView, inbound_view
from gossamer.model.mesh import Mesh
from gossamer.model.policies import policies
from gossamer.model.policies.client_tls import ClientTls, ClientTlsMode
from gossamer.model.policies.connection_pool import ConnectionPool, H2Upgrade, Keepalive
from gossamer.model.policies.load_balancer import Balance, LoadBalancer
from gossamer.model.policies.outlier_detection import OutlierDetection
from gossamer.model.policies.workload.mtls import MtlsMode
from gossamer.model.settings import OutboundTraffic
from gossamer.model.traffic.destination import Subset
from gossamer.model.traffic.service import Protocol, Resolution
from gossamer.model.workload.pod import Discovery
from tests.compile.reviews_mesh import (
    DB,
    DB_VIP,
    REVIEWS,
    a_destination,
    a_pod,
    a_service,
    an_external,
    bookish,
    built,
    mtls,
    settings,
)
from tests.compile.validating import refusal

pytestmark = pytest.mark.e2e

POOL = ConnectionPool(
    max_connections=10,
    connect_timeout=timedelta(milliseconds=1500),
    keepalive=Keepalive(3, timedelta(hours=2), timedelta(seconds=75)),
    max_connection_duration=timedelta(minutes=5),
    tcp_idle_timeout=timedelta(minutes=7),
    http1_max_pending_requests=5,
    http2_max_requests=100,
    max_requests_per_connection=2,
    max_retries=3,
    idle_timeout=timedelta(minutes=1),
    max_concurrent_streams=50,
)
OUTLIER = OutlierDetection(5, 0, 4, split_local_origin=True, min_health_percent=30)


async def clusters(folder: Path, mesh: Mesh, *names: str) -> str:
    """What Envoy says against these clusters of clients of `default`."""
    matching = [built(mesh, ScopeView("default"), ResourceType.CLUSTER, name) for name in names]
    assert None not in matching
    return await refusal(folder, {ResourceType.CLUSTER: matching})


async def listeners(folder: Path, mesh: Mesh, *views: Any) -> str:
    """What Envoy says against the listeners of these views."""
    names = {OutboundView: "outbound", InboundView: "inbound"}
    matching = [built(mesh, view, ResourceType.LISTENER, names[type(view)]) for view in views]
    return await refusal(folder, {ResourceType.LISTENER: matching})


async def test_fixed_clusters(tmp_path: Path) -> None:
    """The ones that every proxy holds."""
    assert await clusters(tmp_path, bookish(), "passthrough", "blackhole") == ""


@pytest.mark.parametrize("protocol", [each for each in Protocol if each is not Protocol.UDP])
async def test_every_protocol_of_a_port(tmp_path: Path, protocol: Protocol) -> None:
    """A port of any protocol over TCP has a cluster that Envoy takes."""
    mesh = bookish(a_service("one", (7000, protocol)))
    name = "outbound|7000||one.default.svc.cluster.local"
    assert await clusters(tmp_path, mesh, name) == ""


@pytest.mark.parametrize(
    "value",
    [
        POOL,
        ConnectionPool(h2_upgrade=H2Upgrade.UPGRADE, max_concurrent_streams=3),
        ConnectionPool(use_client_protocol=True, max_concurrent_streams=3),
        OUTLIER,
        *(LoadBalancer(balance) for balance in Balance),
        ClientTls(ClientTlsMode.DISABLE),
        ClientTls(ClientTlsMode.ISTIO_MUTUAL),
        ClientTls(ClientTlsMode.ISTIO_MUTUAL, subject_alt_names=("spiffe://x/y",)),
        ClientTls(ClientTlsMode.SIMPLE),
        ClientTls(ClientTlsMode.SIMPLE, sni="other.example", insecure=True),
        ClientTls(ClientTlsMode.SIMPLE, subject_alt_names=("a.example", "10.0.0.1")),
        ClientTls(ClientTlsMode.SIMPLE, credential="roots"),
        ClientTls(ClientTlsMode.MUTUAL, credential="both"),
    ],
    ids=repr,
)
async def test_every_policy_of_a_destination(tmp_path: Path, value: Any) -> None:
    """Whatever a destination may say, Envoy takes its cluster."""
    mesh = bookish(a_destination(REVIEWS, value))
    assert await clusters(tmp_path, mesh, f"outbound|9080||{REVIEWS}") == ""


async def test_all_policies_together_with_a_subset(tmp_path: Path) -> None:
    """Policies of a destination and of its subset meet in one cluster."""
    subset = Subset("v1", (("version", "v1"),), policies(LoadBalancer(Balance.RANDOM)))
    mesh = bookish(a_destination(REVIEWS, POOL, OUTLIER, subsets=(subset,)))
    assert await clusters(tmp_path, mesh, f"outbound|9080|v1|{REVIEWS}") == ""


@pytest.mark.parametrize("resolution", list(Resolution))
@pytest.mark.parametrize("host", ["api.example.com", "*.example.com"])
async def test_hosts_outside(tmp_path: Path, resolution: Resolution, host: str) -> None:
    """A ServiceEntry of any resolution, wildcards included, has a cluster that Envoy takes."""
    mesh = bookish(an_external(host, 443, Protocol.HTTPS, resolution))
    assert await clusters(tmp_path, mesh, f"outbound|443||{host}") == ""


async def test_what_was_dialled(tmp_path: Path) -> None:
    """A service's address, a pod's, and one that nobody has, IPv4 and IPv6."""
    dialled = [f"tcp|{DB_VIP}:3306", "tcp|10.244.0.3:3306", "tcp|10.244.9.9:1"]
    assert await clusters(tmp_path, bookish(), *dialled, "tcp|[fd00:10:244::9]:80") == ""


@pytest.mark.parametrize("discovery", list(Discovery))
@pytest.mark.parametrize("outbound", list(OutboundTraffic))
async def test_outbound(tmp_path: Path, discovery: Discovery, outbound: OutboundTraffic) -> None:
    """The outbound listener in every mode, with TCP beside HTTP on one port."""
    mesh = bookish(
        settings(outbound),
        a_service("both", (9080, Protocol.TCP), address="10.96.0.20"),
        a_destination(DB, POOL),
    )
    assert await listeners(tmp_path, mesh, OutboundView("default", discovery)) == ""


@pytest.mark.parametrize("mode", list(MtlsMode))
async def test_inbound(tmp_path: Path, mode: MtlsMode) -> None:
    """The inbound listener and its clusters in every mode, with a port that differs."""
    pod = a_pod("both-1", "both", "10.244.0.9")
    both = a_service("both", (9080, Protocol.HTTP), (3306, Protocol.TCP), (50051, Protocol.GRPC))
    mesh = bookish(both, mtls(mode, (9080, MtlsMode.STRICT), (81, mode)), pods=(pod,))
    view = inbound_view(mesh, pod)
    names = ("inbound|9080||", "inbound|3306||", "inbound|50051||", "inbound-passthrough")
    matching = [built(mesh, view, ResourceType.CLUSTER, name) for name in names]
    listener = built(mesh, view, ResourceType.LISTENER, "inbound")
    assert (
        await refusal(tmp_path, {ResourceType.CLUSTER: matching, ResourceType.LISTENER: [listener]})
        == ""
    )
