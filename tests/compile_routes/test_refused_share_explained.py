"""What explain says of a split of which a part is refused."""

from __future__ import annotations

from calling import town
from worded import documents, pod, service, spec

from gossamer.compile.kinds import Kind
from gossamer.explain.request import Request
from gossamer.explain.route_walk import find

SPLIT = spec(
    "HTTPRoute",
    """
    parentRefs: [{group: "", kind: Service, name: a}]
    rules: [{backendRefs: [{name: a, port: 9080, weight: 9}, {name: gone, port: 9080}]}]
    """,
)


def test_the_route_is_told_and_the_refused_share_beside_it() -> None:
    """Most calls are forwarded; that one in ten is answered 500 is said, too."""
    found = town(documents(pod("client"), service("a"), pod("a"), SPLIT))
    refs = found.compiled(Kind.VIRTUAL_HOST, "9080/a", "default/client").because
    told = find(found.mesh, found.host("9080/a"), refs, Request("GET", "http", "a", "/"))
    assert told.route.HasField("route")
    assert [each.why for each in told.lost] == ["takes 10 % of such calls, answering 500"]
