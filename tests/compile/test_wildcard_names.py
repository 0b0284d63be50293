"""What a proxy holds unasked, and the names that a resolver answers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import ScopeView
from gossamer.compile.engine.wildcard_names import wildcard_names
from gossamer.compile.host.dns_records import every_name
from gossamer.model.ids import Dialect
from gossamer.model.mesh import Mesh
from gossamer.model.origin import ObjectRef
from gossamer.model.traffic.destination import Subset
from gossamer.model.traffic.gateway import Gateway, GatewayListener
from gossamer.model.traffic.route import Backend, Match, Route, RouteSet
from gossamer.model.traffic.service import Protocol
from gossamer.model.workload.labels import labels
from gossamer.model.workload.pod import Discovery, ProxyRole
from tests.compile.reviews_mesh import (
    DB,
    REVIEWS,
    REVIEWS_VIP,
    a_destination,
    a_mesh,
    a_pod,
    a_service,
    bookish,
    built,
)

POD = a_pod("reviews-1", "reviews", "10.244.0.2")


def test_a_sidecar_starts_nearly_empty() -> None:
    """Its own side, and nothing of what the mesh contains."""
    mesh = bookish()
    assert wildcard_names(mesh, POD, ResourceType.LISTENER).names == ("inbound", "outbound")
    assert wildcard_names(mesh, POD, ResourceType.CLUSTER).names == (
        "inbound-passthrough",
        "inbound|9080||",
        "blackhole",
        "passthrough",
    )
    assert wildcard_names(mesh, POD, ResourceType.VIRTUAL_HOST).names == ("9080/_placeholder",)
    assert [
        wildcard_names(mesh, POD, kind).names
        for kind in (ResourceType.ENDPOINTS, ResourceType.SECRET)
    ] == [(), ()]


def test_an_eager_sidecar_holds_what_it_may_see() -> None:
    """Every port and subset, and every host of each port, one resource each."""
    subsets = (Subset("v1", (("version", "v1"),)),)
    mesh = bookish(a_destination(REVIEWS, subsets=subsets))
    eager = replace(POD, discovery=Discovery.EAGER)
    outbound = [
        n
        for n in wildcard_names(mesh, eager, ResourceType.CLUSTER).names
        if n.startswith("outbound")
    ]
    assert outbound == [
        f"outbound|3306||{DB}",
        f"outbound|9080||{REVIEWS}",
        f"outbound|9080|v1|{REVIEWS}",
    ]
    hosts = wildcard_names(mesh, eager, ResourceType.VIRTUAL_HOST).names
    assert hosts == ("eager|9080/*", f"eager|9080/{REVIEWS}")


def test_a_gateway_holds_what_is_bound_to_it() -> None:
    """The clusters that its routes name, and no others."""
    front = labels({"gw": "front"})
    one = GatewayListener("http", 80, Protocol.HTTP, (("*", "*"),))
    ref = ObjectRef("Gateway", "default", "front", "networking.istio.io")
    gateway = Gateway(ref, Dialect.ISTIO, "default", "front", front, (one,))
    routes = RouteSet(
        ObjectRef("VirtualService", "default", "front", "networking.istio.io"),
        Dialect.ISTIO,
        "default",
        ("shop.example",),
        (gateway.id,),
        (Route("all", Match(), (Backend(REVIEWS, 9080),)),),
    )
    pod = replace(a_pod("front-1", "front", "10.244.0.50"), labels=front, role=ProxyRole.GATEWAY)
    mesh = bookish(gateway, routes, pods=(pod,))
    assert wildcard_names(mesh, pod, ResourceType.LISTENER).names == ("gateway|80",)
    assert f"outbound|9080||{REVIEWS}" in wildcard_names(mesh, pod, ResourceType.CLUSTER).names
    assert f"outbound|3306||{DB}" not in wildcard_names(mesh, pod, ResourceType.CLUSTER).names


def test_a_pod_without_a_proxy_holds_nothing() -> None:
    """There is nobody to hold it."""
    bare = replace(POD, role=ProxyRole.NONE)
    assert [wildcard_names(bookish(), bare, kind).names for kind in ResourceType] == [()] * len(
        ResourceType
    )


def test_what_is_held_rests_on_named_cells() -> None:
    """So that a change of ports is found, and one of pods is not looked at."""
    reads = {key.table for key in wildcard_names(bookish(), POD, ResourceType.VIRTUAL_HOST).reads}
    assert "http-port" in reads
    assert not reads & {"pod", "endpoint"}


def resolved(mesh: Mesh, name: str) -> Any:
    body = built(mesh, ScopeView("*"), ResourceType.NAMES, name)
    return None if body is None else json.loads(body)


def test_names_resolve_to_addresses() -> None:
    """A service by its address, an alias by another name, an unknown one not at all."""
    alias = a_service("nick", selector=None, alias="db.example.com")
    mesh = bookish(alias)
    assert resolved(mesh, REVIEWS) == {"host": REVIEWS, "addresses": [REVIEWS_VIP]}
    assert resolved(mesh, alias.host) == {"host": alias.host, "cname": "db.example.com"}
    assert resolved(mesh, "nowhere.example") is None


@pytest.mark.parametrize(("ready", "addresses"), [(True, ["10.244.0.8"]), (False, [])])
def test_a_headless_name_has_the_ready_pods(ready: bool, addresses: list[str]) -> None:
    """As Kubernetes answers it, and each pod under its own name."""
    service = a_service("db", (3306, Protocol.TCP), headless=True)
    pod = a_pod("db-0", "db", "10.244.0.8", hostname="db-0", subdomain="db", ready=ready)
    mesh = a_mesh(service, pods=(pod,))
    assert resolved(mesh, service.host) == {"host": service.host, "addresses": addresses}
    assert resolved(mesh, f"db-0.{service.host}")["addresses"] == ["10.244.0.8"]
    assert every_name(mesh, ()).names == (f"db-0.{service.host}", service.host)


def test_all_names_hold_those_of_one_namespace_too() -> None:
    """A service that only its own namespace sees still has a name there."""
    mesh = bookish(a_service("own", (80, Protocol.HTTP), export_to=("default",)))
    assert "own.default.svc.cluster.local" in every_name(mesh, ("default",)).names
    assert "own.default.svc.cluster.local" not in every_name(mesh, ()).names
