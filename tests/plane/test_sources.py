"""Whatever is observed enters by one door, with a lease and last known good: pods, trust roots."""

from __future__ import annotations

from pathlib import Path

import pytest

from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.lookup.identities import NOBODY
from gossamer.contract.secret_names import MESH_ROOTS, SYSTEM_ROOTS
from gossamer.model import tables
from gossamer.model.ids import EVERYWHERE, SYSTEM
from gossamer.plane.api.answers import SourceStatus
from gossamer.plane.api.shapes import ObservationBody, PodSeen
from gossamer.plane.observed.observations import Observations
from gossamer.plane.observed.sources import BadObservation
from gossamer.plane.pipeline import Pipeline
from gossamer.plane.resources.proxy_subscription import ProxySubscription
from tests.plane.piped_mesh import Told

OWN, SECOND = b"first root\n", b"second root\n"


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Door:
    """A pipeline and the door by which observed facts enter it."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.observations = Observations(folder / "observations", self.clock)
        self.pipeline = Pipeline()
        self.trust(EVERYWHERE, OWN)

    def trust(self, name: str, roots: bytes, source: str = "plane/authority") -> int:
        changed = self.observations.take(source, tables.ROOTS, {name: roots})
        return self.pipeline.advance({}, changed)

    def see(self, *pods: str, lease_s: float = 30) -> int:
        seen = [PodSeen("default", name, name, []) for name in pods]
        changed = self.observations.replace("lab", ObservationBody(seen, lease_s))
        return self.pipeline.advance({}, changed)

    def status(self, source: str) -> SourceStatus:
        return self.observations.status()[source]


@pytest.fixture
def door(tmp_path: Path) -> Door:
    """A door that was told of two pods and of the mesh's root."""
    opened = Door(tmp_path)
    opened.see("web", "cart")
    return opened


def secret(proxy: ProxySubscription, name: str) -> bytes:
    """The secret as it goes to that proxy."""
    resource = proxy.get(ResourceType.SECRET, name)
    assert resource is not None
    return resource.frame


def test_a_second_root_reaches_connected_proxies_without_a_restart(door: Door) -> None:
    """Each proxy that holds the mesh's roots is told, and gets both."""
    told = {name: Told() for name in ("web", "cart")}
    proxies = {name: door.pipeline.stand(f"default/{name}", told[name]) for name in told}
    for proxy in proxies.values():
        assert OWN in secret(proxy, MESH_ROOTS)
        assert SECOND not in secret(proxy, MESH_ROOTS)
    door.trust(EVERYWHERE, OWN + SECOND)
    for name, proxy in proxies.items():
        assert (ResourceType.SECRET, MESH_ROOTS) in told[name].taken()
        assert OWN + SECOND in secret(proxy, MESH_ROOTS)


def test_roots_of_the_web_that_come_late_end_the_disbelief(door: Door) -> None:
    """Until the host has a bundle, nobody is believed; the one that comes is told."""
    told = Told()
    proxy = door.pipeline.stand("default/web", told)
    assert NOBODY.encode() in secret(proxy, SYSTEM_ROOTS)
    told.taken()
    door.trust(SYSTEM, b"public roots\n", source="plane/system-roots")
    assert told.taken() == {(ResourceType.SECRET, SYSTEM_ROOTS)}
    assert b"public roots\n" in secret(proxy, SYSTEM_ROOTS)
    assert NOBODY.encode() not in secret(proxy, SYSTEM_ROOTS)


def test_equal_roots_tell_nobody_and_renew_the_age(door: Door) -> None:
    """Looking again at what did not change is quiet."""
    told = Told()
    secret(door.pipeline.stand("default/web", told), MESH_ROOTS)
    told.taken()
    door.clock.now += 50
    assert door.trust(EVERYWHERE, OWN) == 0
    assert told.taken() == set()
    assert door.status("plane/authority").age_s == 0


def test_an_expired_source_keeps_its_last_known_good_with_its_age(door: Door) -> None:
    """A lease that ran out takes nothing away, neither pods nor roots; status says how old."""
    door.observations.take("peer", tables.ROOTS, {"peer": SECOND}, lease_s=20)
    door.clock.now += 31
    for source, age in (("lab", 31), ("peer", 31)):
        assert door.status(source).stale
        assert door.status(source).age_s == age
    assert door.pipeline.advance({}, {}) == 0
    assert door.pipeline.mesh.lookup(tables.PODS, "default/web") is not None
    assert door.observations.sources.facts("peer", tables.ROOTS) == {"peer": SECOND}
    door.see("web", "cart")
    assert door.status("lab") == SourceStatus(
        pods=2,
        age_s=0.0,
        stale=False,
        observes="pod",
        facts=2,
        lease_s=30.0,
    )


def test_what_never_expires_says_so(door: Door) -> None:
    """JSON has no infinity: a source without an expiry has the lease null."""
    door.clock.now += 1e9
    assert door.status("plane/authority") == SourceStatus(
        pods=0,
        age_s=1e9,
        stale=False,
        observes="roots",
        facts=1,
        lease_s=None,
    )


def test_a_source_withdraws_what_it_no_longer_sees(door: Door) -> None:
    """Facts that are missing from the next observation go; those of other sources stay."""
    door.see("web")
    assert door.pipeline.mesh.lookup(tables.PODS, "default/cart") is None
    assert door.pipeline.mesh.lookup(tables.ROOTS, EVERYWHERE) == OWN


def test_pods_told_under_the_name_of_a_source_of_roots_are_refused(door: Door) -> None:
    """No caller of the API displaces trust roots, whatever it calls itself."""
    with pytest.raises(BadObservation, match="plane/authority observes facts of the table roots"):
        door.observations.replace("plane/authority", ObservationBody([]))
    assert door.observations.sources.facts("plane/authority", tables.ROOTS) == {EVERYWHERE: OWN}
