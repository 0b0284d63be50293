"""The pipeline: a change reaches those whom it concerns, and nobody else."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from gossamer.compile.engine.resource_type import ResourceType
from gossamer.model import tables
from gossamer.model.observed import observed_pods
from gossamer.plane.resources.host_names import HostNames
from gossamer.plane.streams.proxies import ConnectedProxies
from tests.plane.piped_mesh import FQDN, Mesh, Told, pod, service, split


def test_a_changed_route_is_told_to_who_uses_it() -> None:
    """A VirtualService touches the virtual host of its host, and nothing else that is held."""
    mesh = Mesh()
    mesh.use("reviews")
    mesh.apply(split(90))
    assert mesh.told.taken() == {(ResourceType.VIRTUAL_HOST, "80/reviews")}


def test_what_a_proxy_does_not_use_does_not_reach_it() -> None:
    """A proxy that uses details hears nothing of reviews."""
    mesh = Mesh()
    mesh.use("details")
    mesh.apply(split(90))
    mesh.observe(pod("r-2", "reviews", "10.244.0.3"))
    assert mesh.told.taken() == set()


def test_a_new_endpoint_is_told_as_endpoints_alone() -> None:
    """A pod that gets ready changes the assignment, not the cluster and not the routes."""
    mesh = Mesh()
    mesh.use("reviews")
    mesh.observe(pod("r-2", "reviews", "10.244.0.3"))
    assert mesh.told.taken() == {(ResourceType.ENDPOINTS, f"outbound|80||{FQDN.format('reviews')}")}


def test_applying_the_same_again_tells_nobody() -> None:
    """Equal documents give equal bytes; nothing is pushed twice."""
    mesh = Mesh()
    mesh.use("reviews")
    mesh.apply(split(90))
    mesh.told.taken()
    assert mesh.apply(split(90)) == 0
    assert mesh.told.taken() == set()


def test_a_service_that_appears_reaches_who_asked_for_it_before() -> None:
    """A name once asked for stays subscribed: its virtual host changes when the service comes."""
    mesh = Mesh()
    before = mesh.subscription.get(ResourceType.VIRTUAL_HOST, "80/shop")
    mesh.apply(service("shop"))
    assert (ResourceType.VIRTUAL_HOST, "80/shop") in mesh.told.taken()
    after = mesh.subscription.get(ResourceType.VIRTUAL_HOST, "80/shop")
    assert before is not None
    assert after is not None
    assert before.version != after.version


def test_a_bad_text_leaves_what_the_last_good_one_said() -> None:
    """An object whose new text is refused keeps serving its former one, and says so."""
    mesh = Mesh()
    mesh.use("reviews")
    mesh.apply(split(90))
    held = mesh.subscription.get(ResourceType.VIRTUAL_HOST, "80/reviews")
    broken = split(90).replace("hosts: [reviews]", "hosts: 7")
    mesh.apply(broken)
    assert mesh.subscription.get(ResourceType.VIRTUAL_HOST, "80/reviews") == held
    assert any(f.origin.object.kind == "VirtualService" for f in mesh.pipeline.findings())


def test_a_proxy_that_leaves_is_no_longer_watched_for() -> None:
    """Closing a standing ends its share of the catalog."""
    mesh = Mesh()
    mesh.use("reviews")
    mesh.subscription.close()
    mesh.apply(split(90))
    assert mesh.told.taken() == set()
    assert mesh.pipeline.catalog.size() < 3


def _wildcard(names: HostNames) -> Collection[str]:
    held = names.wildcard(ResourceType.NAMES.value)
    assert isinstance(held, Collection)
    return held


def test_pods_with_names_of_their_own_are_named() -> None:
    """A resolver learns `db-0.db` with its pod, as it learns `db` with its service."""
    mesh = Mesh()
    names = HostNames(mesh.pipeline, ConnectedProxies(mesh.pipeline).streams)
    one = replace(pod("db-0", "db", "10.244.0.9"), hostname="db-0", subdomain="db")
    mesh.pipeline.advance({}, observed_pods([one]))
    name = f"db-0.{FQDN.format('db')}"
    assert name in _wildcard(names)
    assert b"10.244.0.9" in getattr(names.get(ResourceType.NAMES.value, name), "frame", b"")
    mesh.pipeline.advance({}, {tables.PODS.key(one.key): None})
    assert name not in _wildcard(names)


def test_two_workloads_of_one_namespace_share_the_same_bytes() -> None:
    """Equal views are one entry: what one proxy compiled the other is handed."""
    mesh = Mesh()
    mesh.use("reviews")
    size = mesh.pipeline.catalog.size()
    other = mesh.pipeline.stand("default/r-1", Told())
    name = f"outbound|80||{FQDN.format('reviews')}"
    assert other.get(ResourceType.CLUSTER, name) is mesh.subscription.get(
        ResourceType.CLUSTER, name
    )
    assert mesh.pipeline.catalog.size() == size


RULE = """
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews, namespace: default}
spec: {host: reviews, exportTo: ["."], subsets: [{name: v1, labels: {version: v1}}]}
"""


def test_a_relay_hears_when_its_proxy_comes_to_see_something_else() -> None:
    """A namespace's first rule of its own parts it from others; the digests say so at once."""
    mesh = Mesh()
    before = mesh.subscription.get(ResourceType.VIEWS, "client.default")
    assert before is not None
    mesh.told.taken()
    mesh.apply(RULE)
    assert (ResourceType.VIEWS, "client.default") in mesh.told.taken()
    after = mesh.subscription.get(ResourceType.VIEWS, "client.default")
    assert after is not None
    assert after.version != before.version
    assert ResourceType.VIEWS not in mesh.subscription.names()


def test_age_is_what_the_manifest_says_whenever_it_is_applied() -> None:
    """An object applied later that says it is older comes to hold, and says so no more."""
    mesh = Mesh()
    mesh.use("reviews")
    mesh.apply(
        split(90).replace("{name: reviews", "{name: a, creationTimestamp: 2010-01-01T00:00:00Z")
    )
    first = mesh.subscription.get(ResourceType.VIRTUAL_HOST, "80/reviews")
    older = split(10).replace("{name: reviews", "{name: z, creationTimestamp: 2001-01-01T00:00:00Z")
    mesh.apply(older)
    assert mesh.subscription.get(ResourceType.VIRTUAL_HOST, "80/reviews") != first
    mesh.apply(older.replace("2001-01", "2999-01"))
    assert mesh.subscription.get(ResourceType.VIRTUAL_HOST, "80/reviews") == first
