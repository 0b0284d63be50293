"""`plan`: what an apply would change is known before it is done, and then it is what happens."""

from __future__ import annotations

from gossamer.dialects.read import read_manifest
from gossamer.manifests.read import read_text
from gossamer.model import tables
from gossamer.model.observed import NOTHING_OBSERVED, Observed, observed_pods
from gossamer.plane.queries.forecast import Forecast, HeldNames, forecast
from tests.plane.piped_mesh import Mesh, pod, service, split


def planned(mesh: Mesh, *texts: str, observed: Observed = NOTHING_OBSERVED) -> Forecast:
    """What these files would change; `observed` are the pods that come and go with them."""
    contributions = {}
    for text in texts:
        for manifest in read_text(text, "test.yaml")[0]:
            found = read_manifest(manifest).contribution
            assert found is not None
            contributions[found.object] = mesh.pipeline.aged(found)
    holding = HeldNames(mesh.subscription.pod, mesh.subscription.names())
    return forecast(mesh.pipeline.mesh, contributions, [holding], observed)


def test_a_split_is_told_as_shares() -> None:
    """The plan names the call, how it ends now, and how it would end."""
    mesh = Mesh()
    mesh.use("reviews")
    calls = planned(mesh, split(90)).call_shapes()
    (call,) = [each for each in calls if each.call.startswith("GET ")]
    assert call.source == "default/client"
    assert "100 % reviews" in call.before
    assert "90 % reviews" in call.after
    assert "10 %" in call.after


def test_what_is_planned_is_what_is_pushed() -> None:
    """The resources that a plan names are exactly those that the apply then tells of."""
    mesh = Mesh()
    mesh.use("reviews")
    mesh.use("details")
    (proxy,) = planned(mesh, split(90)).proxy_shapes()
    mesh.apply(split(90))
    told = {(kind.value.rpartition(".")[2], name) for kind, name in mesh.told.taken()}
    assert {(each.type, each.name) for each in proxy.resources} == told


def test_planning_changes_nothing() -> None:
    """A plan tells nobody and leaves the mesh as it was."""
    mesh = Mesh()
    mesh.use("reviews")
    before = mesh.pipeline.mesh
    planned(mesh, split(50))
    assert mesh.pipeline.mesh is before
    assert mesh.told.taken() == set()


def test_an_equal_document_plans_nothing() -> None:
    """Applying the same again would change no proxy and no call."""
    mesh = Mesh()
    mesh.use("reviews")
    mesh.apply(split(90))
    assert planned(mesh, split(90)) == Forecast({}, ())


def test_calls_change_even_before_anybody_made_one() -> None:
    """On-demand proxies may hold nothing yet; the plan still says how calls would end."""
    mesh = Mesh()
    told = planned(mesh, split(90))
    assert told.proxy_shapes() == []
    assert told.call_shapes()


def test_a_service_taken_over_by_another_port_is_seen() -> None:
    """A changed Service changes the calls to it."""
    mesh = Mesh()
    mesh.use("reviews")
    moved = service("reviews").replace("port: 80", "port: 81")
    calls = planned(mesh, moved).call_shapes()
    assert any("reviews" in call.call for call in calls)


def test_a_service_and_its_first_pods_are_foretold_together() -> None:
    """Whoever brings a Service with its workload is not told of a 503: its pods come with it."""
    mesh = Mesh()
    alone = planned(mesh, service("carts")).call_shapes()
    assert all("100 % carts.default.svc.cluster.local (status 503)" in c.after for c in alone)
    assert len(alone) == 1
    pods = observed_pods([pod("carts-1", "carts", "10.244.9.9")])
    (call,) = planned(mesh, service("carts"), observed=pods).call_shapes()
    assert call.source == "default/client"
    assert call.before == "unresolved"
    assert "503" not in call.after
    assert "100 % carts" in call.after


def test_pods_that_would_go_are_foretold() -> None:
    """A workload scaled to nothing answers no call any more."""
    mesh = Mesh()
    gone = {tables.PODS.key("default/r-1"): None}
    calls = planned(mesh, observed=gone).call_shapes()
    assert any("status 503" in call.after for call in calls if "reviews" in call.call)


VALUES = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: default}
spec:
  hosts: [reviews]
  http:
  - timeout: %s
    rewrite: {uri: %s}
    headers: {request: {set: {x-who: %s}}}
    fault: {abort: {percentage: {value: %d}, httpStatus: 503}}
    route: [{destination: {host: reviews}}]
"""


def test_a_changed_value_is_told_by_its_values() -> None:
    """Whoever changes a timeout, a path, a header or a fault reads the old and the new one."""
    mesh = Mesh()
    mesh.use("reviews")
    mesh.apply(VALUES % ("3s", "/a", "one", 10))
    calls = planned(mesh, VALUES % ("5s", "/b", "two", 20)).call_shapes()
    (call,) = [each for each in calls if each.call.startswith("GET ")]
    for end, words in (
        ("before", ("timeout 3 s", "/a", "x-who: one", "10 % aborted with 503")),
        ("after", ("timeout 5 s", "/b", "x-who: two", "20 % aborted with 503")),
    ):
        assert all(word in getattr(call, end) for word in words), getattr(call, end)
        assert "retries" not in getattr(call, end)


def test_a_changed_path_alone_is_a_change() -> None:
    """The backend that is asked for something else notices."""
    mesh = Mesh()
    mesh.use("reviews")
    mesh.apply(VALUES % ("3s", "/a", "one", 10))
    assert planned(mesh, VALUES % ("3s", "/b", "one", 10)).call_shapes()
    assert not planned(mesh, VALUES % ("3000ms", "/a", "one", 10)).call_shapes()
