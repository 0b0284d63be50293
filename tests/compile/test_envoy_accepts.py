"""Real Envoys take what the compiler makes, and do with it what was meant."""

from __future__ import annotations

import pytest
from dialling import ask, echoing
from running_mesh import Plane, Start, an_address
from small_mesh import DB_VIP, REVIEWS_VIP, a_mesh, a_pod, a_service

from gossamer.identity.authority import Authority
from gossamer.model.mesh import Mesh
from gossamer.model.pod import Pod
from gossamer.model.service import Protocol

pytestmark = pytest.mark.e2e


class World:
    """A caller, a reviews pod and the addresses that they use."""

    def __init__(self, authority: Authority, *more: object) -> None:
        self.authority = authority
        self.caller = a_pod("caller-1", "caller", an_address())
        self.reviews = a_pod("reviews-1", "reviews", an_address())
        self.app = an_address()
        self.mesh: Mesh = a_mesh(
            a_service("reviews", (9080, Protocol.HTTP), address=REVIEWS_VIP),
            a_service("db", (3306, Protocol.TCP), address=DB_VIP, selector=(("app", "reviews"),)),
            *more,
            pods=(self.caller, self.reviews),
            roots=authority.roots_pem.encode(),
        )

    def plane(self, pod: Pod) -> Plane:
        return Plane(self.mesh, pod, self.authority, pod.addresses[0], self.app)


async def test_a_first_request_finds_its_way_with_mtls(start: Start, authority: Authority) -> None:
    """An unseen host is fetched, called over mutual TLS, and told who called."""
    world = World(authority)
    callee = await start(world.plane(world.reviews))
    caller = await start(world.plane(world.caller))
    async with echoing(world.app, 9080):
        answer = await ask(caller.plane.bind, (REVIEWS_VIP, 9080), "reviews:9080")
    print(caller.plane.refused, callee.plane.refused)
    print(caller.log.read_text(), callee.log.read_text())
    assert answer.status == 200
    assert "spiffe://cluster.local/ns/default/sa/caller" in answer.seen["x-forwarded-client-cert"]
