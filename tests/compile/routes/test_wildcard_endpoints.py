"""A ServiceEntry's wildcard with endpoints, and conditions that mean presence or a claim."""

from __future__ import annotations

from gossamer.compile.constraints.walk import faults
from gossamer.compile.engine.resource_type import ResourceType
from tests.compile.routes.route_calls import SmallMesh, goes_to, small_mesh

MESH = """
apiVersion: v1
kind: Pod
metadata: {name: client, labels: {app: client}}
spec: {containers: [{name: app, image: curlimages/curl}]}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: wiki}
spec:
  hosts: ["*.example.org"]
  resolution: DNS
  ports: [{number: 80, name: http, protocol: HTTP}]
  endpoints: [{address: www.example.org}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: en}
spec:
  hosts: [en.example.org]
  http:
  - match: [{headers: {x-any: {regex: "*"}}}]
    route: [{destination: {host: "*.example.org"}}]
  - match: [{headers: {"@request.auth.claims.a": {exact: b}}}]
    directResponse: {status: 418}
  - directResponse: {status: 404}
"""
CLUSTER = "outbound|80||*.example.org"


def found() -> SmallMesh:
    """The mesh of this file."""
    return small_mesh(MESH)


def test_every_host_below_goes_to_the_endpoints() -> None:
    """The cluster of the wildcard resolves the endpoint's name, not the caller's."""
    assert goes_to(found().call("80/de.example.org")) == {CLUSTER: 1}
    cluster = found().message(ResourceType.CLUSTER, CLUSTER)
    (group,) = cluster.load_assignment.endpoints
    (endpoint,) = group.lb_endpoints
    assert endpoint.endpoint.address.socket_address.address == "www.example.org"
    assert list(faults(cluster)) == []


def test_a_star_as_regex_is_presence_and_a_claim_is_nobodys() -> None:
    """With the header, empty or not, the first rule takes it; without it the last one does."""
    for value in ("", "1"):
        taken = found().call("80/en.example.org", headers={"x-any": value})
        assert goes_to(taken) == {CLUSTER: 1}
    assert goes_to(found().call("80/en.example.org")) == {"404": 1}
    assert list(faults(found().host("80/en.example.org"))) == []
