"""Endpoints: who is behind a cluster, and what is said of each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import ScopeView
from gossamer.model.mesh import Mesh
from gossamer.model.origin import ObjectRef
from gossamer.model.policies.workload.mtls import MtlsMode
from gossamer.model.traffic.destination import Subset
from gossamer.model.traffic.service import DeclaredEndpoints, Endpoint, Protocol
from gossamer.model.workload.pod import ProxyRole
from tests.compile.reviews_mesh import (
    DB_VIP,
    REVIEWS,
    a_destination,
    a_mesh,
    a_pod,
    a_service,
    bookish,
    built,
    mtls,
)

NAME = f"outbound|9080||{REVIEWS}"


def endpoints(mesh: Mesh, name: str = NAME, scope: str = "*") -> Any:
    return built(mesh, ScopeView(scope), ResourceType.ENDPOINTS, name)


def addresses(proto: Any) -> list[str]:
    hosts = (
        host.endpoint.address.socket_address for g in proto.endpoints for host in g.lb_endpoints
    )
    return [f"{host.address}:{host.port_value}" for host in hosts]


def said(proto: Any) -> dict[str, Any]:
    """What is said of the only endpoint."""
    (group,) = proto.endpoints
    (host,) = group.lb_endpoints
    return {k: MessageToDict(v) for k, v in host.metadata.filter_metadata.items()}


def test_an_endpoint_says_who_it_is_and_that_it_takes_mesh_tls() -> None:
    """Telemetry and TLS read it off each endpoint."""
    assert said(endpoints(bookish())) == {
        "envoy.transport_socket_match": {"tlsMode": "istio"},
        "gossamer": {
            "workload": "reviews-v1",
            "namespace": "default",
            "pod": "reviews-1",
            "names": "reviews|v1|reviews|v1",
        },
    }


def test_a_pod_without_a_proxy_takes_no_mesh_tls() -> None:
    """So that non-injected pods work beside injected ones."""
    bare = a_pod("reviews-1", "reviews", "10.244.0.2", role=ProxyRole.NONE)
    assert "envoy.transport_socket_match" not in said(endpoints(bookish(pods=(bare,))))


@pytest.mark.parametrize(
    ("capture", "takes"),
    [
        ({"uncaptured_ports": (9080,)}, False),
        ({"captured_ports": (81,)}, False),
        ({"captured_ports": (9080,), "uncaptured_ports": (81,)}, True),
    ],
)
def test_a_port_that_no_proxy_takes_speaks_plaintext(capture: dict[str, Any], takes: bool) -> None:
    """A pod's annotations may leave a port to the application, which knows no mesh TLS."""
    pod = a_pod("reviews-1", "reviews", "10.244.0.2", **capture)
    assert ("envoy.transport_socket_match" in said(endpoints(bookish(pods=(pod,))))) is takes


def test_a_port_that_refuses_mtls_says_so() -> None:
    """DISABLE at the callee, on one port alone too, turns its callers to plaintext."""
    whole = bookish(mtls(MtlsMode.DISABLE))
    one = bookish(mtls(MtlsMode.STRICT, (9080, MtlsMode.DISABLE), app="reviews"))
    other = bookish(mtls(MtlsMode.STRICT, (81, MtlsMode.DISABLE), app="reviews"))
    takes = ["envoy.transport_socket_match" in said(endpoints(m)) for m in (whole, one, other)]
    assert takes == [False, False, True]


def test_nobody_ready_is_an_empty_answer() -> None:
    """Known and empty is not unknown: an unanswered one would hold up everything else."""
    unready = a_pod("reviews-1", "reviews", "10.244.0.2", ready=False)
    assert addresses(endpoints(bookish(pods=(unready,)))) == []
    assert endpoints(bookish(), "outbound|1||nowhere.example") is None


def test_a_subset_is_chosen_by_labels() -> None:
    """Only the endpoints that carry all of its labels."""
    second = a_pod(
        "reviews-2", "reviews", "10.244.0.4", labels=(("app", "reviews"), ("version", "v2"))
    )
    subsets = (Subset("v2", (("version", "v2"),)),)
    mesh = bookish(a_destination(REVIEWS, subsets=subsets), pods=(second,))
    name = f"outbound|9080|v2|{REVIEWS}"
    assert addresses(endpoints(mesh, name, "default")) == ["10.244.0.4:9080"]
    assert len(addresses(endpoints(mesh, scope="default"))) == 2


def test_groups_and_order_follow_from_the_endpoints_alone() -> None:
    """Whatever came first, equal meshes give equal bytes; each locality is a group."""
    near = a_pod("reviews-9", "reviews", "10.244.0.9", locality="eu/eu-1/a")
    far = a_pod("reviews-8", "reviews", "10.244.0.8", locality="us/us-1")
    compiled = [endpoints(bookish(pods=pods)) for pods in ((near, far), (far, near))]
    assert compiled[0] == compiled[1]
    assert [group.locality.region for group in compiled[0].endpoints] == ["", "eu", "us"]
    assert compiled[0].endpoints[1].locality.sub_zone == "a"


def test_an_alias_has_its_targets_endpoints() -> None:
    """Under its own name."""
    alias = a_service("nick", selector=None, alias=REVIEWS)
    proto = endpoints(bookish(alias), f"outbound|9080||{alias.host}")
    assert addresses(proto) == ["10.244.0.2:9080"]
    assert proto.cluster_name == f"outbound|9080||{alias.host}"


def test_declared_endpoints_keep_ports_and_weights() -> None:
    """And what is no address is left out rather than refused by Envoy whole."""
    service = a_service("old", (80, Protocol.HTTP), selector=None)
    one = Endpoint("192.0.2.7", ((80, 8080),), weight=3)
    named = replace(one, address="old.example")
    ref = ObjectRef("EndpointSlice", "default", "old", "discovery.k8s.io")
    mesh = a_mesh(service, DeclaredEndpoints(ref, service.host, (one, named)))
    proto = endpoints(mesh, f"outbound|80||{service.host}")
    assert addresses(proto) == ["192.0.2.7:8080"]
    assert proto.endpoints[0].lb_endpoints[0].load_balancing_weight.value == 3


def test_what_was_dialled_has_the_endpoints_of_what_is_there() -> None:
    """A service's for its address, the pod itself for a pod's."""
    mesh = bookish()
    names = (f"tcp|{DB_VIP}:3306", "tcp|10.244.0.2:7777")
    assert [addresses(endpoints(mesh, name)) for name in names] == [
        ["10.244.0.3:3306"],
        ["10.244.0.2:7777"],
    ]
    assert endpoints(mesh, "tcp|10.244.9.9:1") is None


def test_one_pod_is_one_endpoint() -> None:
    """By its own name the service's port leads to the pod's; by its address, itself."""
    service = a_service("db", (80, Protocol.TCP), headless=True)
    service = replace(service, ports=(replace(service.ports[0], target="web"),))
    pod = a_pod("db-0", "db", "10.244.0.8", hostname="db-0", subdomain="db")
    mesh = a_mesh(service, pods=(pod,))
    by_name = endpoints(mesh, f"outbound|80||db-0.{service.host}")
    by_address = endpoints(mesh, "outbound|1234||10.244.0.8")
    assert (addresses(by_name), addresses(by_address)) == (["10.244.0.8:9080"], ["10.244.0.8:1234"])
