"""A filter is built for one side of a proxy, and may depend on whose it is."""

from __future__ import annotations

import pytest
from google.protobuf.message import Message

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import GatewayView, InboundView, OutboundView, WorkloadView
from gossamer.compile.http_filters import chain, fault, router
from gossamer.compile.lookup.workload_policies import all_that_apply
from gossamer.compile.network_filters.chain import network_filters
from gossamer.compile.side import Direction, Side
from gossamer.model.assembly.assemble import assemble
from gossamer.model.mesh import Mesh
from gossamer.model.origin import ObjectRef
from gossamer.model.policies import policies
from gossamer.model.policies.workload.mtls import Mtls, MtlsMode
from gossamer.model.workload.labels import labels
from gossamer.model.workload.pod import Discovery
from gossamer.model.workload.workload_policy import WorkloadPolicy
from tests.compile.reviews_mesh import REVIEWS, added

INBOUND = InboundView("default", labels({"app": "reviews"}), "reviews", (), (REVIEWS,))
OUTBOUND = OutboundView("*", Discovery.ON_DEMAND)
GATEWAY = GatewayView("*", "istio-system", labels({"istio": "ingressgateway"}), "gateway")
ARRIVING = Side(Direction.INBOUND, INBOUND, 9080)
LEAVING = Side(Direction.OUTBOUND, OUTBOUND, 9080)
ENTERING = Side(Direction.GATEWAY, GATEWAY, 80)


def names(side: Side) -> list[str]:
    return [each.name for each in chain.http_filters(TrackedLookup(Mesh()), side)]


def test_a_filter_stands_where_its_step_builds_one() -> None:
    """Faults are injected where calls leave, and the router comes last everywhere."""
    assert [fault.NAME in names(side) for side in (LEAVING, ENTERING, ARRIVING)] == [
        True,
        True,
        False,
    ]
    assert {names(side)[-1] for side in (LEAVING, ENTERING, ARRIVING)} == {router.NAME}


def test_a_side_knows_its_workload_where_it_is_one_workloads() -> None:
    """The outbound side is shared by all that see the same services."""
    assert [side.workload for side in (ARRIVING, LEAVING, ENTERING)] == [INBOUND, None, GATEWAY]


def test_a_filter_may_depend_on_the_workload_and_its_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is there for whom a policy selects, and its reads say what to compile anew."""
    ref = ObjectRef("PeerAuthentication", "default", "reviews", "security.istio.io")
    policy = WorkloadPolicy(
        ref, "default", labels({"app": "reviews"}), policies(Mtls(MtlsMode.STRICT))
    )
    mesh, _ = assemble(Mesh(), {ref: added(policy)})

    def guard(read: TrackedLookup, side: Side) -> Message | None:
        whose = side.workload
        if whose is None or side.port != 9080:
            return None
        result = list(all_that_apply(read, Mtls, WorkloadView(whose.namespace, whose.labels)))
        return router.router() if result else None

    monkeypatch.setattr(chain, "ORDER", (chain.FilterStep("guard", guard), *chain.ORDER))
    elsewhere = Side(Direction.INBOUND, INBOUND, 9081)
    read = TrackedLookup(mesh)
    guarded = [
        "guard" in [f.name for f in chain.http_filters(read, s)] for s in (ARRIVING, elsewhere)
    ]
    assert guarded == [True, False]
    assert read.because == (ref,)


def test_peers_are_looked_at_where_mesh_tls_ends() -> None:
    """Not in plaintext, where nobody has a name, and not where calls leave."""
    sides = (Side(Direction.INBOUND, INBOUND, 9080, mesh_tls=True), ARRIVING, LEAVING)
    read = TrackedLookup(Mesh())
    assert [len(list(network_filters(read, side))) for side in sides] == [1, 0, 0]
