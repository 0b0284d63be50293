"""VirtualServices: written order, whose routes hold, what becomes of shares that nobody serves."""

from __future__ import annotations

from tests.compile.routes.manifest_texts import documents, pod, service, spec
from tests.compile.routes.route_calls import goes_to, rewritten, small_mesh

CLIENT = pod("client", labels="tier: front")
BASE = documents(CLIENT, service("reviews"), pod("reviews"), service("other"), pod("other"))
REVIEWS = "outbound|9080||reviews.default.svc.cluster.local"
OTHER = "outbound|9080||other.default.svc.cluster.local"
SUBSETS = spec(
    "DestinationRule", "host: reviews\nsubsets: [{name: v1, labels: {version: v1}}]", name="subsets"
)


def rules(http: str, head: str = "hosts: [reviews]", **more: str) -> str:
    """A VirtualService with these rules."""
    return spec("VirtualService", f"{head}\nhttp: {http}", **more)


TO_OTHER = "[{route: [{destination: {host: other}}]}]"


def test_rules_are_tried_as_written() -> None:
    """The first rule that matches takes the request, however specific a later one is."""
    text = rules(
        """
  - match: [{uri: {prefix: /a}}]
    route: [{destination: {host: other}}]
  - match: [{uri: {exact: /a/b}}]
    directResponse: {status: 418}
  - route: [{destination: {host: reviews}}]"""
    )
    mesh = small_mesh(documents(BASE, text))
    assert goes_to(mesh.call("9080/reviews", "/a/b")) == {OTHER: 1}
    assert goes_to(mesh.call("9080/reviews", "/b")) == {REVIEWS: 1}


def test_what_no_rule_takes_is_404() -> None:
    """A VirtualService replaces the plain road to its host."""
    text = rules("[{match: [{uri: {exact: /a}}], route: [{destination: {host: reviews}}]}]")
    assert goes_to(small_mesh(documents(BASE, text)).call("9080/reviews", "/b")) == {"404": 1}


def test_every_condition_must_hold() -> None:
    """Method, headers, absent headers, query and authority together; a match list is either."""
    text = rules(
        """
  - match:
    - method: {exact: GET}
      headers: {cookie: {regex: '.*user=(a|b).*'}, x-there: {}}
      withoutHeaders: {x-off: {}}
      queryParams: {v: {exact: '2'}}
      authority: {prefix: rev}
    - uri: {exact: /always, }
      ignoreUriCase: true
    route: [{destination: {host: other}}]
  - route: [{destination: {host: reviews}}]"""
    )
    mesh = small_mesh(documents(BASE, text))
    headers = {"cookie": "x=1; user=b", "x-there": "", ":authority": "reviews"}
    query = {"v": "2"}
    assert goes_to(mesh.call("9080/reviews", headers=headers, query=query)) == {OTHER: 1}
    posted = mesh.call("9080/reviews", method="POST", headers=headers, query=query)
    assert goes_to(posted) == {REVIEWS: 1}
    assert goes_to(mesh.call("9080/reviews", headers=headers)) == {REVIEWS: 1}
    off = {**headers, "x-off": "1"}
    assert goes_to(mesh.call("9080/reviews", headers=off, query={"v": "2"})) == {REVIEWS: 1}
    assert goes_to(mesh.call("9080/reviews", "/ALWAYS")) == {OTHER: 1}


def test_weights_are_exact() -> None:
    """Whatever the weights add up to, they arrive as written; those of 0 get nothing."""
    text = rules(
        "[{route: [{destination: {host: reviews}, weight: 999}, {destination: {host: other}, "
        "weight: 1}, {destination: {host: gone}, weight: 0}]}]"
    )
    assert goes_to(small_mesh(documents(BASE, text)).call("9080/reviews")) == {
        REVIEWS: 999,
        OTHER: 1,
    }


def test_the_share_of_a_missing_subset_is_503() -> None:
    """Its neighbours get their shares; nobody gets more than what was meant."""
    text = rules(
        "[{route: [{destination: {host: reviews, subset: v1}, weight: 80}, "
        "{destination: {host: reviews, subset: typo}, weight: 20}]}]"
    )
    call = small_mesh(documents(BASE, SUBSETS, text)).call("9080/reviews")
    assert goes_to(call) == {"outbound|9080|v1|reviews.default.svc.cluster.local": 80} | {
        "blackhole": 20
    }


def test_a_missing_service_is_503() -> None:
    """A route to nobody is not the plain road."""
    text = rules("[{route: [{destination: {host: gone}}]}]")
    assert goes_to(small_mesh(documents(BASE, text)).call("9080/reviews")) == {"blackhole": 1}


def test_the_port_of_a_destination() -> None:
    """Named, it is that one; a service of one port needs no name; a foreign one is nobody."""
    to = "[{{route: [{{destination: {{host: web{}}}}}]}}]"
    web = service("web", port=80)
    plain = small_mesh(documents(BASE, web, rules(to.format(""))))
    assert goes_to(plain.call("9080/reviews")) == {"outbound|80||web.default.svc.cluster.local": 1}
    wrong = small_mesh(documents(BASE, web, rules(to.format(", port: {number: 81}"))))
    assert goes_to(wrong.call("9080/reviews")) == {"blackhole": 1}


def test_callers_are_told_apart() -> None:
    """sourceLabels and sourceNamespace decide for each caller before Envoy sees a route."""
    text = rules(
        """
  - match: [{sourceLabels: {tier: front}}]
    route: [{destination: {host: other}}]
  - match: [{sourceNamespace: shop}]
    directResponse: {status: 418}
  - route: [{destination: {host: reviews}}]"""
    )
    mesh = small_mesh(documents(BASE, pod("plain"), pod("far", "shop"), text))
    host = "9080/reviews.default.svc.cluster.local"
    assert goes_to(mesh.call(host)) == {OTHER: 1}
    assert goes_to(mesh.call(host, by="default/plain")) == {REVIEWS: 1}
    assert goes_to(mesh.call(host, by="shop/far")) == {"418": 1}


def test_a_rule_for_one_port() -> None:
    """match.port is the port that was called."""
    two = "ports: [{name: http, port: 80}, {name: http-b, port: 81}]"
    web = f"apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{{two}}}\n"
    text = rules(
        "[{match: [{port: 81}], directResponse: {status: 418}}, "
        "{route: [{destination: {host: web}}]}]",
        "hosts: [web]",
    )
    mesh = small_mesh(documents(BASE, web, text))
    assert goes_to(mesh.call("81/web")) == {"418": 1}
    assert goes_to(mesh.call("80/web")) == {"outbound|80||web.default.svc.cluster.local": 1}


def test_export_to_hides_from_others() -> None:
    """exportTo `.` rules callers of its own namespace alone."""
    text = rules(TO_OTHER, "hosts: [reviews]\nexportTo: ['.']")
    mesh = small_mesh(documents(BASE, pod("far", "shop"), text))
    host = "9080/reviews.default.svc.cluster.local"
    assert goes_to(mesh.call(host)) == {OTHER: 1}
    assert goes_to(mesh.call(host, by="shop/far")) == {REVIEWS: 1}


def test_bound_to_a_gateway_it_leaves_the_mesh_alone() -> None:
    """Without `mesh` among its gateways a VirtualService says nothing to sidecars."""
    text = rules(TO_OTHER, "hosts: [reviews]\ngateways: [front]")
    assert goes_to(small_mesh(documents(BASE, text)).call("9080/reviews")) == {REVIEWS: 1}


def test_on_one_host_the_first_by_name_rules_sidecars() -> None:
    """Two VirtualServices of one host do not merge in sidecars: one of them holds whole."""
    first = rules(
        "[{match: [{uri: {exact: /a}}], route: [{destination: {host: other}}]}]", name="a"
    )
    second = rules("[{directResponse: {status: 418}}]", name="b")
    mesh = small_mesh(documents(BASE, second, first))
    assert goes_to(mesh.call("9080/reviews", "/a")) == {OTHER: 1}
    assert goes_to(mesh.call("9080/reviews", "/b")) == {"404": 1}


def test_a_wildcard_host_rules_what_has_no_routes_of_its_own() -> None:
    """The narrowest host decides."""
    wide = rules("[{directResponse: {status: 418}}]", "hosts: ['*.example.com']", name="wide")
    narrow = rules("[{directResponse: {status: 202}}]", "hosts: [api.example.com]", name="narrow")
    mesh = small_mesh(documents(CLIENT, wide, narrow))
    assert goes_to(mesh.call("80/api.example.com")) == {"202": 1}
    assert goes_to(mesh.call("80/web.example.com")) == {"418": 1}


def test_a_prefix_gives_way_as_text() -> None:
    """Istio's rewrite knows no segments: what is behind the prefix stays as it is."""
    text = rules(
        "[{match: [{uri: {prefix: /old}}], rewrite: {uri: /new}, "
        "route: [{destination: {host: reviews}}]}]"
    )
    call = small_mesh(documents(BASE, text)).call("9080/reviews", "/older/x")
    assert rewritten(call.route, call.match, "/older/x") == "/newer/x"
