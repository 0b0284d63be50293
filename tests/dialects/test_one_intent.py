"""The same intent in three dialects is the same routes in the model."""

from __future__ import annotations

from dataclasses import replace

from gossamer.model.traffic.route import Backend, Route, RouteSet
from tests.dialects.full_manifests import GATEWAY_API, NETWORKING, spec, the

VIRTUAL_SERVICE = """
    hosts: [reviews]
    http:
    - route:
      - destination: {host: reviews-v1, port: {number: 9080}}
        weight: 90
      - destination: {host: reviews-v2, port: {number: 9080}}
        weight: 10
"""
HTTP_ROUTE = """
    parentRefs:
    - {group: "", kind: Service, name: reviews, port: 9080}
    rules:
    - backendRefs:
      - {name: reviews-v1, port: 9080, weight: 90}
      - {name: reviews-v2, port: 9080, weight: 10}
"""
TRAFFIC_SPLIT = """
    service: reviews
    backends:
    - {service: reviews-v1, weight: 90}
    - {service: reviews-v2, weight: 10}
"""
CALLED = 9080


def _spoken() -> tuple[RouteSet, RouteSet, RouteSet]:
    return (
        the(spec(NETWORKING, "VirtualService", VIRTUAL_SERVICE)),
        the(spec(GATEWAY_API, "HTTPRoute", HTTP_ROUTE)),
        the(spec("split.smi-spec.io/v1alpha4", "TrafficSplit", TRAFFIC_SPLIT)),
    )


def _backend(backend: Backend) -> Backend:
    """A backend without a port means the port that was called (`Backend`): written out here."""
    return backend if backend.port else replace(backend, port=CALLED)


def _routes(route_set: RouteSet) -> tuple[Route, ...]:
    return tuple(
        replace(route, backends=tuple(map(_backend, route.backends))) for route in route_set.routes
    )


def test_a_weighted_split_is_one_route_in_every_dialect() -> None:
    """90/10 said in Istio's, Gateway API's and SMI's words gives equal routes, names included.

    The only normalisation: a TrafficSplit cannot name ports, so its backends mean the called one.
    """
    istio, gateway_api, smi = map(_routes, _spoken())
    assert istio == gateway_api == smi
    assert [backend.weight for backend in istio[0].backends] == [90, 10]


def test_they_hold_for_the_same_host_in_the_mesh() -> None:
    """All three speak of the service's full name, to every client of the mesh."""
    spoken = _spoken()
    assert {entry.hosts for entry in spoken} == {("reviews.default.svc.cluster.local",)}
    assert {entry.parents for entry in spoken} == {("mesh",)}
    assert {entry.consumers for entry in spoken} == {("*",)}
    assert [entry.port for entry in spoken] == [None, CALLED, None]


def test_a_match_is_equal_too() -> None:
    """Header names compare without case, and a path that takes all is no condition."""
    istio = spec(
        NETWORKING,
        "VirtualService",
        """
        hosts: [reviews]
        http:
        - match: [{headers: {End-User: {exact: jason}}, method: {exact: GET}}]
          route: [{destination: {host: reviews-v2, port: {number: 9080}}}]
          timeout: 2s
        """,
    )
    gateway_api = spec(
        GATEWAY_API,
        "HTTPRoute",
        """
        parentRefs: [{group: "", kind: Service, name: reviews}]
        rules:
        - matches:
          - path: {type: PathPrefix, value: /}
            headers: [{name: end-user, value: jason}]
            method: GET
          backendRefs: [{name: reviews-v2, port: 9080}]
          timeouts: {request: 2s}
        """,
    )
    assert the(istio).routes == the(gateway_api).routes
