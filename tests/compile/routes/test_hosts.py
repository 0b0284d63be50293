"""What a caller means by a host: every name that a resolver would take means the same here."""

from __future__ import annotations

from dataclasses import replace

import pytest
from envoy.config.route.v3.route_components_pb2 import VirtualHost

from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.wildcard_names import wildcard_names
from gossamer.compile.http_filters.dialled import CLUSTER
from gossamer.model import tables
from gossamer.model.workload.pod import Discovery
from tests.compile.routes.manifest_texts import config_map, documents, pod, service, spec
from tests.compile.routes.route_calls import SmallMesh, goes_to, small_mesh

REVIEWS = "outbound|9080||reviews.default.svc.cluster.local"
CLIENT = pod("client")
FAR = pod("far", "shop")
BASE = documents(CLIENT, FAR, service("reviews"), pod("reviews"), service("reviews", "shop"))


@pytest.mark.parametrize(
    "asked",
    [
        "reviews",
        "reviews:9080",
        "Reviews",
        "reviews.default",
        "reviews.default.svc",
        "reviews.default.svc.cluster.local",
        "reviews.default.svc.cluster.local:9080",
        "reviews.default.svc.cluster.local.",
    ],
)
def test_every_spelling_of_a_service(asked: str) -> None:
    """Short names, full names, with and without port or a last dot, in any case."""
    assert goes_to(small_mesh(BASE).call(f"9080/{asked}")) == {REVIEWS: 1}


def test_a_short_name_is_the_callers_namespaces() -> None:
    """The same short name means another service in another namespace."""
    call = small_mesh(BASE).call("9080/reviews", by="shop/far")
    assert goes_to(call) == {"outbound|9080||reviews.shop.svc.cluster.local": 1}


def test_a_name_of_another_namespace_needs_it_said() -> None:
    """A short name of a service elsewhere is nobody here: it goes where the caller dialled."""
    text = documents(CLIENT, service("ratings", "shop"))
    assert goes_to(small_mesh(text).call("9080/ratings")) == {"passthrough": 1}
    assert goes_to(small_mesh(text).call("9080/ratings.shop")) == {
        "outbound|9080||ratings.shop.svc.cluster.local": 1
    }


def test_addresses_of_services_and_pods() -> None:
    """A virtual address is its service; a pod's address is that pod alone."""
    text = documents(CLIENT, service("reviews", more="clusterIP: 10.96.0.77"), pod("reviews"))
    mesh = small_mesh(text)
    address = mesh.pods["default/reviews"].addresses[0]
    assert goes_to(mesh.call("9080/10.96.0.77:9080")) == {REVIEWS: 1}
    assert goes_to(mesh.call(f"9080/{address}:9080")) == {f"outbound|9080||{address}": 1}


def test_ipv6_addresses_stand_in_brackets() -> None:
    """The host `[ADDRESS]:PORT` is the pod with that address."""
    mesh = small_mesh(documents(CLIENT, pod("reviews")))
    address = mesh.pods["default/reviews"].addresses[1]
    cluster = f"outbound|9080||{address}"
    assert goes_to(mesh.call(f"9080/[{address}]:9080")) == {cluster: 1}


def test_a_pod_of_a_headless_service_has_a_name() -> None:
    """POD.SERVICE is that pod, and the service's routes don't rule it."""
    text = documents(
        CLIENT,
        service("db", more="clusterIP: None"),
        pod("db", more="hostname: db-0\nsubdomain: db"),
        spec("VirtualService", "hosts: [db]\nhttp: [{directResponse: {status: 418}}]"),
    )
    mesh = small_mesh(text)
    one = "outbound|9080||db-0.db.default.svc.cluster.local"
    assert goes_to(mesh.call("9080/db-0.db")) == {one: 1}
    assert goes_to(mesh.call("9080/db")) == {"418": 1}


def test_a_name_below_a_headless_service_is_that_service() -> None:
    """Endpoints that are no pods have names no object declares; the service's rules hold for
    them."""
    text = documents(
        CLIENT,
        service("db", more="clusterIP: None"),
        spec("VirtualService", "hosts: [db]\nhttp: [{directResponse: {status: 418}}]"),
    )
    mesh = small_mesh(text)
    for name in ("any.db", "any.db.default", "any.db.default.svc.cluster.local"):
        assert goes_to(mesh.call(f"9080/{name}")) == {"418": 1}
    assert goes_to(mesh.call("9080/any.thing.db")) == {"passthrough": 1}


def test_a_service_of_the_namespace_called_like_a_headless_one_comes_first() -> None:
    """`foo.db` is the service foo of the namespace db, as a resolver says."""
    text = documents(
        CLIENT, service("db", more="clusterIP: None"), service("foo", "db"), pod("foo", "db")
    )
    assert goes_to(small_mesh(text).call("9080/foo.db")) == {
        "outbound|9080||foo.db.svc.cluster.local": 1
    }


def test_an_alias_is_called_by_its_own_name() -> None:
    """An ExternalName has a cluster of its own, whose policies are its own."""
    alias = "type: ExternalName\nexternalName: api.example.com"
    mesh = small_mesh(documents(CLIENT, service("api", more=alias)))
    assert goes_to(mesh.call("9080/api")) == {"outbound|9080||api.default.svc.cluster.local": 1}


WILD = spec(
    "ServiceEntry",
    """
    hosts: ['*.example.com']
    ports: [{number: 80, name: http, protocol: HTTP}]
    resolution: NONE
    """,
)


def test_a_wildcard_covers_what_nobody_names() -> None:
    """Any name below the wildcard is its service; one above is not."""
    mesh = small_mesh(documents(CLIENT, WILD))
    assert goes_to(mesh.call("80/a.b.example.com")) == {"outbound|80||*.example.com": 1}
    assert goes_to(mesh.call("80/example.com")) == {"passthrough": 1}


DIALLED = "gossamer.filters.http.dialled"
OWN_HOST = "gossamer.filters.http.host"


def test_an_unknown_host_is_looked_for_by_the_dialled_address() -> None:
    """Its route asks for another; that one is the service's, and gives the Host back."""
    rule = spec("VirtualService", "hosts: [reviews]\nhttp: [{directResponse: {status: 418}}]")
    mesh = small_mesh(documents(CLIENT, service("reviews"), pod("reviews"), rule))
    assert DIALLED in mesh.call("9080/nobody.example").typed_per_filter_config
    (address,) = mesh.mesh.lookup(tables.VIRTUAL, "reviews.default.svc.cluster.local") or ()
    host = mesh.host(f"9080/dialled|{address}:9080")
    assert goes_to(mesh.call(f"9080/dialled|{address}:9080")) == {"418": 1}
    assert OWN_HOST in host.typed_per_filter_config


def test_rules_see_the_host_that_was_written() -> None:
    """A match on the authority is about the request's own, not about the address in its place."""
    one = "{match: [{authority: {exact: a.b}}], directResponse: {status: 418}}"
    text = f"hosts: [reviews]\nhttp: [{one}]"
    mesh = small_mesh(documents(CLIENT, service("reviews"), spec("VirtualService", text)))
    (address,) = mesh.mesh.lookup(tables.VIRTUAL, "reviews.default.svc.cluster.local") or ()
    route = mesh.host(f"9080/dialled|{address}:9080").routes[0]
    assert [header.name for header in route.match.headers] == ["x-gossamer-host"]


def test_a_headless_service_is_called_at_the_dialled_address() -> None:
    """Where its routes lead to itself; to others, and to a subset that is named, they lead as
    written."""
    text = """
        hosts: [db]
        http:
        - match: [{uri: {prefix: /split}}]
          route:
          - {destination: {host: db}, weight: 50}
          - {destination: {host: reviews}, weight: 50}
        - match: [{uri: {prefix: /other}}]
          route: [{destination: {host: reviews}}]
        - route: [{destination: {host: db}}]
    """
    db = (service("db", more="clusterIP: None"), pod("db"))
    mesh = small_mesh(documents(BASE, *db, spec("VirtualService", text))).host("9080/db")
    assert DIALLED in mesh.typed_per_filter_config
    split, other, plain = mesh.routes
    headers = [share.cluster_header for share in split.route.weighted_clusters.clusters]
    assert headers == [CLUSTER, ""]
    assert goes_to(other) == {REVIEWS: 1}
    assert plain.route.cluster_header == CLUSTER
    assert DIALLED not in small_mesh(BASE).host("9080/reviews").typed_per_filter_config


ALONE = spec(
    "VirtualService",
    """
    hosts: [shop.example.com, "*.shops.example.com", ghost]
    http: [{directResponse: {status: 418}}]
    """,
)


def eager_domains(text: str) -> dict[str, VirtualHost]:
    """The virtual hosts that an eager client holds, by their domains."""
    mesh = small_mesh(documents(CLIENT, text))
    client = replace(mesh.pods["default/client"], discovery=Discovery.EAGER)
    eager = SmallMesh(mesh.mesh, {"default/client": client})
    names = wildcard_names(mesh.mesh, client, ResourceType.VIRTUAL_HOST).names
    hosts = [eager.host(name) for name in names]
    return {domain: host for host in hosts if host is not None for domain in host.domains}


def test_an_eager_proxy_holds_the_routes_of_hosts_that_no_registry_knows() -> None:
    """Each under every name by which its workload may ask; once, when a service has the name."""
    result = eager_domains(documents(service("reviews"), ALONE))
    for name in ("shop.example.com", "*.shops.example.com", "ghost", "ghost.default.svc"):
        for domain in (name, f"{name}:9080"):
            assert goes_to(result[domain].routes[0]) == {"418": 1}
    known = eager_domains(documents(service("reviews"), ALONE, service("ghost")))
    assert goes_to(known["ghost"].routes[0]) == {"418": 1}


def test_an_eager_proxy_calls_whoever_is_at_an_address() -> None:
    """Under a Host that no object declares: the address is looked for, and then the cluster
    there."""
    rest = eager_domains(service("reviews"))["*"]
    at_address, unknown, connect = rest.routes
    assert at_address.route.cluster_header == connect.route.cluster_header == CLUSTER
    assert DIALLED in unknown.typed_per_filter_config
    closed = config_map("outboundTrafficPolicy: {mode: REGISTRY_ONLY}")
    rest = eager_domains(documents(service("reviews"), closed))["*"]
    assert [goes_to(route) for route in rest.routes] == [{"502": 1}] * 2


def test_connect_goes_straight_to_whoever_was_dialled() -> None:
    """No rule speaks of it, since it has no path; it is refused where everything is."""
    rule = spec("VirtualService", "hosts: [reviews]\nhttp: [{directResponse: {status: 418}}]")
    mesh = small_mesh(documents(CLIENT, service("reviews"), pod("reviews"), rule))
    (address,) = mesh.mesh.lookup(tables.VIRTUAL, "reviews.default.svc.cluster.local") or ()
    *_, last = mesh.host(f"9080/dialled|{address}:9080").routes
    assert last.match.HasField("connect_matcher")
    assert goes_to(last) == {"outbound|9080||reviews.default.svc.cluster.local": 1}
    *_, unknown = mesh.host("9080/dialled|10.96.9.9:9080").routes
    assert goes_to(unknown) == {"passthrough": 1}
    closed = small_mesh(
        documents(CLIENT, config_map("outboundTrafficPolicy: {mode: REGISTRY_ONLY}"))
    )
    *_, refused = closed.host("9080/dialled|10.96.9.9:9080").routes
    assert goes_to(refused) == {"502": 1}


def test_a_dialled_address_that_nobody_has_is_asked_for_once() -> None:
    """It would lead to itself for ever."""
    route = small_mesh(CLIENT).call("9080/dialled|10.96.9.9:9080")
    assert goes_to(route) == {"passthrough": 1}
    assert DIALLED not in route.typed_per_filter_config


def test_a_closed_mesh_does_not_look_further() -> None:
    """A name that no object declares is refused; a request that names nobody is not yet judged."""
    closed = small_mesh(
        documents(CLIENT, config_map("outboundTrafficPolicy: {mode: REGISTRY_ONLY}"))
    )
    assert DIALLED not in closed.call("9080/nobody.example").typed_per_filter_config
    assert DIALLED in closed.call("9080/no-host.invalid").typed_per_filter_config
    assert goes_to(closed.call("9080/dialled|10.96.9.9:9080")) == {"502": 1}


def test_the_narrowest_declaration_wins() -> None:
    """A host of its own beats the wildcard above it."""
    own = spec(
        "ServiceEntry",
        """
        hosts: [api.example.com]
        ports: [{number: 80, name: http, protocol: HTTP}]
        resolution: DNS
        """,
        name="own",
    )
    mesh = small_mesh(documents(CLIENT, WILD, own))
    assert goes_to(mesh.call("80/api.example.com")) == {"outbound|80||api.example.com": 1}


def test_the_unknown_passes_or_is_refused() -> None:
    """Nobody's host goes where the caller dialled; under REGISTRY_ONLY it is answered 502."""
    closed = config_map("outboundTrafficPolicy: {mode: REGISTRY_ONLY}")
    assert goes_to(small_mesh(CLIENT).call("80/example.com")) == {"passthrough": 1}
    call = small_mesh(documents(CLIENT, closed)).call("80/example.com")
    assert goes_to(call) == {"502": 1}
    assert "example.com is not in the mesh" in call.direct_response.body.inline_string


def test_a_port_that_the_service_lacks() -> None:
    """It is not the service's: the call goes where the caller dialled, as it does without a mesh.

    So a headless pod can be called at a port that only the pod knows.
    """
    mesh = small_mesh(documents(CLIENT, service("reviews"), pod("reviews")))
    assert goes_to(mesh.call("1234/reviews")) == {"passthrough": 1}


def test_a_named_pod_may_be_called_at_any_port() -> None:
    """A single pod is known by its name, whatever ports its service has."""
    text = documents(
        CLIENT,
        service("db", more="clusterIP: None"),
        pod("db", more="hostname: db-0\nsubdomain: db"),
    )
    one = "outbound|1234||db-0.db.default.svc.cluster.local"
    assert goes_to(small_mesh(text).call("1234/db-0.db:1234")) == {one: 1}


ANOTHER_NAME = """\
apiVersion: v1
kind: Service
metadata: {name: %s}
spec: {type: ExternalName, externalName: %s.svc.cluster.local%s}
"""
HTTP_PORT = ", ports: [{name: http, port: 9080}]"
BEHIND = documents(CLIENT, service("reviews", "shop"), pod("reviews", "shop"))
SHOP_REVIEWS = "outbound|9080||reviews.shop.svc.cluster.local"
TEAPOT = """\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: one, namespace: %s}
spec:
  hosts: [%s]
  http:
  - {match: [{uri: {prefix: /tea}}], directResponse: {status: 418}}
  - {route: [{destination: {host: %s}}]}
"""


@pytest.mark.parametrize("ports", ["", HTTP_PORT])
def test_another_name_is_the_service_that_it_stands_for(ports: str) -> None:
    """Over several steps, too; without ports of its own it can be called at any of that."""
    steps = (
        ANOTHER_NAME % ("api", "two.default", ports),
        ANOTHER_NAME % ("two", "reviews.shop", ""),
    )
    mesh = small_mesh(documents(BEHIND, *steps))
    assert goes_to(mesh.call("9080/api")) == {SHOP_REVIEWS: 1}
    assert mesh.message(ResourceType.CLUSTER, SHOP_REVIEWS)
    assert goes_to(mesh.call("1234/api")) == {"passthrough": 1}


@pytest.mark.parametrize("ports", ["", HTTP_PORT])
def test_rules_of_a_service_hold_under_its_other_names(ports: str) -> None:
    """As in Istio; rules that somebody wrote for the other name go before them."""
    steps = (ANOTHER_NAME % ("api", "reviews.shop", ports), TEAPOT % ("shop", "reviews", "reviews"))
    assert small_mesh(documents(BEHIND, *steps)).call("9080/api", "/tea").direct_response.status
    own = TEAPOT.replace("/tea", "/coffee") % ("default", "api", "api")
    mesh = small_mesh(documents(BEHIND, *steps, own))
    assert mesh.call("9080/api", "/coffee").direct_response.status == 418
    (answering,) = goes_to(mesh.call("9080/api", "/tea"))
    assert answering == (
        SHOP_REVIEWS if not ports else SHOP_REVIEWS.replace("reviews.shop", "api.default")
    )


def test_another_name_with_a_destination_of_its_own_is_called_by_that() -> None:
    """What its author says of calls to it is not passed over."""
    rule = "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: api}\n"
    rule += "spec: {host: api, trafficPolicy: {connectionPool: {tcp: {maxConnections: 9}}}}\n"
    mesh = small_mesh(documents(BEHIND, ANOTHER_NAME % ("api", "reviews.shop", ""), rule))
    assert goes_to(mesh.call("9080/api")) == {"outbound|9080||api.default.svc.cluster.local": 1}
    assert mesh.message(ResourceType.CLUSTER, "outbound|9080||api.default.svc.cluster.local")


def test_names_that_stand_for_each_other_lead_nowhere() -> None:
    """Compiling ends, and the call goes where it was dialled."""
    circle = (ANOTHER_NAME % ("api", "two.default", ""), ANOTHER_NAME % ("two", "api.default", ""))
    assert goes_to(small_mesh(documents(CLIENT, *circle)).call("9080/api")) == {"passthrough": 1}
