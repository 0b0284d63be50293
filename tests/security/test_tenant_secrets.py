"""A private key reaches the proxies that may serve it, whatever cache lies on its way.

The plane compiles for a view and keeps what it compiled; relays of one host lend each other what
proxies of an equal view hold, and keep it on disk. None of these lets a key go further.
"""

from __future__ import annotations

import json
from dataclasses import replace

from gossamer.agent.relay.core import RelayCore, Up
from gossamer.compile.engine.compiler import compile_resource
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import view_of
from gossamer.contract.type_urls import CLUSTER, SECRET
from gossamer.manifests.read import read_text
from gossamer.model.mesh import Mesh
from gossamer.model.observed import observed_pods
from gossamer.model.workload.labels import labels
from gossamer.model.workload.pod import Pod, ProxyRole
from gossamer.store.document import Document, document_of
from gossamer.xds.frame import DiscoveryRequest, Node, Resource, body_of, frame_resource
from tests.plane.rooted_pipeline import rooted_pipeline
from tests.security.test_cross_namespace import gateway, grant, secret

KEY = "gateway|bank/bank-cert"
FRONT = labels({"istio": "ingressgateway"})


def pod(namespace: str, role: ProxyRole, **more: object) -> Pod:
    """A pod with a gateway's labels, whatever it is."""
    plain = Pod(namespace, f"{role.name.lower()}-1", "w", ("10.244.0.9",), FRONT, role=role)
    return replace(plain, **more)  # type: ignore[arg-type]


GATEWAY = pod("istio-system", ProxyRole.GATEWAY)
OTHERS = (
    pod("istio-system", ProxyRole.SIDECAR, addresses=("10.244.0.10",)),
    pod("evil", ProxyRole.GATEWAY, addresses=("10.244.0.11",)),
    pod("evil", ProxyRole.SIDECAR, addresses=("10.244.0.12",)),
    pod("bank", ProxyRole.SIDECAR, addresses=("10.244.0.13",)),
)
USUAL = secret("bank") + gateway("bank", "bank/bank-cert") + grant("bank", "istio-system")


def documents(text: str) -> dict[object, Document | None]:
    """As the store holds them."""
    held = (document_of(each) for each in read_text(text.encode(), "town.yaml")[0])
    return {each.key: each for each in held}


def digest(mesh: Mesh, whose: Pod) -> str:
    """What the plane tells a relay of the view of its proxy's secrets."""
    node = f"{whose.name}.{whose.namespace}"
    view = view_of(mesh, whose, ResourceType.VIEWS, node)
    body = compile_resource(mesh, view, ResourceType.VIEWS, node).body
    return str(json.loads(body or b"{}")[SECRET])


def test_the_planes_cache_gives_it_to_none_but_the_gateway() -> None:
    """Asked by its very name, before and after the gateway got it; and taken back from the
    gateway as soon as the permission goes."""
    pipeline = rooted_pipeline()
    pipeline.absorb(documents(USUAL))  # type: ignore[arg-type]
    pipeline.advance({}, observed_pods([GATEWAY, *OTHERS]))
    subscriptions = {each.key: pipeline.stand(each.key, lambda *_: None) for each in OTHERS}
    served = pipeline.stand(GATEWAY.key, lambda *_: None)
    for _ in range(2):
        for key, other in subscriptions.items():
            held = other.get(ResourceType.SECRET, KEY)
            assert held is None or body_of(held) is None, key
        mine = served.get(ResourceType.SECRET, KEY)
        assert mine is not None
        assert body_of(mine)
    granted = documents(grant("bank", "istio-system"))
    pipeline.absorb(dict.fromkeys(granted))  # type: ignore[arg-type]
    after = served.get(ResourceType.SECRET, KEY)
    assert after is None or body_of(after) is None


def test_only_gateways_alike_have_equal_views_of_secrets() -> None:
    """By an equal digest relays answer for each other, so nobody else may have the gateway's."""
    pipeline = rooted_pipeline()
    pipeline.absorb(documents(USUAL))  # type: ignore[arg-type]
    twin = replace(GATEWAY, name="gateway-2", addresses=("10.244.0.20",))
    pipeline.advance({}, observed_pods([GATEWAY, twin, *OTHERS]))
    mine = digest(pipeline.mesh, GATEWAY)
    assert digest(pipeline.mesh, twin) == mine
    for other in OTHERS:
        assert digest(pipeline.mesh, other) != mine, other.key


def core(**lent: Resource) -> RelayCore:
    """A relay beside a neighbour that would lend anything."""
    return RelayCore(Node("w.evil", "w.evil"), {}, {}, lambda kind, name: lent.get(name))


def test_a_relay_borrows_no_key() -> None:
    """It asks the plane, which knows who may have it now; other things it borrows as ever."""
    for name in (KEY, "client|outbound|443||vault.bank.svc.cluster.local"):
        relay = core(**{name: frame_resource(SECRET, name, "1", b"key")})
        relay.opened()
        commands = relay.asked(SECRET, (name,))
        assert commands[0] == Up(DiscoveryRequest(SECRET, (name,)))
        assert b"key" not in repr(commands).encode()
    roots = frame_resource(SECRET, "roots|c", "1", b"")
    relay = core(**{"roots|c": roots, "c": frame_resource(CLUSTER, "c", "1", b"")})
    relay.opened()
    assert Up(DiscoveryRequest(SECRET, ("roots|c",))) not in relay.asked(SECRET, ("roots|c",))
