"""A caller and a callee, each with its proxy, for tests with real Envoys."""

from __future__ import annotations

from typing import Any

from gossamer.identity.authority import Authority
from gossamer.model.mesh import Mesh
from gossamer.model.traffic.service import Protocol
from gossamer.model.workload.pod import Pod
from tests.compile.reviews_mesh import DB_VIP, REVIEWS_VIP, a_mesh, a_pod, a_service
from tests.compile.running_mesh import Plane, Running, Start, an_address

CALLER = "spiffe://cluster.local/ns/default/sa/caller"


class World:
    """A caller, a reviews pod that serves `reviews` and `db`, and where its application is."""

    def __init__(self, authority: Authority, *more: Any, **of_reviews: Any) -> None:
        self.authority = authority
        self.caller = a_pod("caller-1", "caller", an_address())
        self.reviews = a_pod("reviews-1", "reviews", an_address(), **of_reviews)
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

    async def both(self, start: Start) -> tuple[Running, Running]:
        """The callee's proxy, then the caller's."""
        return await start(self.plane(self.reviews)), await start(self.plane(self.caller))
