"""What explain says of a split of which a part is refused."""

from __future__ import annotations

from gossamer.compile.engine.resource_type import ResourceType
from gossamer.explain.route.request import ExplainedRequest
from gossamer.explain.route.route_walk import find
from tests.compile.routes.manifest_texts import documents, pod, service, spec
from tests.compile.routes.route_calls import small_mesh

SPLIT = spec(
    "HTTPRoute",
    """
    parentRefs: [{group: "", kind: Service, name: a}]
    rules: [{backendRefs: [{name: a, port: 9080, weight: 9}, {name: gone, port: 9080}]}]
    """,
)


def test_the_route_is_told_and_the_refused_share_beside_it() -> None:
    """Most calls are forwarded; that one in ten is answered 500 is said, too."""
    mesh = small_mesh(documents(pod("client"), service("a"), pod("a"), SPLIT))
    refs = mesh.compiled(ResourceType.VIRTUAL_HOST, "9080/a", "default/client").because
    answer = find(mesh.mesh, mesh.host("9080/a"), refs, ExplainedRequest("GET", "http", "a", "/"))
    assert answer.route is not None
    assert answer.route.HasField("route")
    assert [each.why for each in answer.lost] == ["takes 10 % of such calls, answering 500"]
