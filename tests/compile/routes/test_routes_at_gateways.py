"""What gateways serve: exactly what is bound to them, under the hosts of both sides."""

from __future__ import annotations

from json import dumps

from gossamer.compile.engine.resource_type import ResourceType
from tests.compile.routes.manifest_texts import documents, gateway_api, pod, service, spec
from tests.compile.routes.route_calls import SmallMesh, domain_of, goes_to, small_mesh, taken
from tests.dialects.certificate_pem import CHAIN, KEY

BASE = documents(service("a"), pod("a"), service("b"), pod("b"))
A, B = (f"outbound|9080||{name}.default.svc.cluster.local" for name in "ab")
EDGE = "istio-system/ingressgateway"
HTTP = "{port: {number: 80, name: http, protocol: HTTP}, hosts: [%s]}"


def gateway(hosts: str = '"*"', **more: str) -> str:
    """An Istio Gateway on port 80."""
    return spec(
        "Gateway",
        f"selector: {{istio: ingressgateway}}\nservers: [{HTTP % hosts}]",
        **{"name": "front", **more},
    )


def virtual(hosts: str, to: str, more: str = "", gateways: str = "front", **named: str) -> str:
    """A VirtualService bound to gateways, with one rule."""
    rule = f"{{{more}route: [{{destination: {{host: {to}}}}}]}}"
    return spec(
        "VirtualService", f"hosts: [{hosts}]\ngateways: [{gateways}]\nhttp: [{rule}]", **named
    )


def at(found: SmallMesh, host: str, path: str = "/") -> dict[str, int]:
    """Who answers plain HTTP at the edge."""
    return goes_to(found.served("gateway|80", host, path, by=EDGE))


def test_hosts_of_both_sides_must_meet() -> None:
    """A VirtualService is served under the hosts that its gateway has as well."""
    text = documents(BASE, gateway('"*.example.com"'), virtual("a.example.com, a.other.org", "a"))
    mesh = small_mesh(text)
    assert at(mesh, "a.example.com") == {A: 1}
    assert at(mesh, "a.other.org") == {"404": 1}
    everything = small_mesh(documents(BASE, gateway('"a.example.com"'), virtual('"*"', "a")))
    assert at(everything, "a.example.com") == {A: 1}
    assert at(everything, "b.example.com") == {"404": 1}


def test_virtual_services_of_one_host_merge() -> None:
    """At gateways their rules join, and what takes everything comes last."""
    everything = virtual("shop.example.com", "a", name="a-all")
    some = virtual("shop.example.com", "b", "match: [{uri: {prefix: /b}}], ", name="b-some")
    mesh = small_mesh(documents(BASE, gateway(), everything, some))
    assert at(mesh, "shop.example.com", "/b/1") == {B: 1}
    assert at(mesh, "shop.example.com", "/c") == {A: 1}


def test_gateways_on_one_port_merge() -> None:
    """Two Gateways share a port: each serves what is bound to it."""
    more = documents(gateway('"one.com"'), gateway('"two.com"', name="back"))
    context = documents(
        virtual("one.com", "a", name="one"), virtual("two.com", "b", gateways="back", name="two")
    )
    mesh = small_mesh(documents(BASE, more, context))
    assert at(mesh, "one.com") == {A: 1}
    assert at(mesh, "two.com") == {B: 1}


def test_a_gateway_of_another_namespace_is_named_with_it() -> None:
    """`NS/NAME` binds across namespaces; a bare name is a gateway of the author's own."""
    far = gateway(namespace="edge")
    bare = small_mesh(documents(BASE, far, virtual("x.com", "a")))
    assert at(bare, "x.com") == {"404": 1}
    named = small_mesh(documents(BASE, far, virtual("x.com", "a", gateways="edge/front")))
    assert at(named, "x.com") == {A: 1}


def test_a_gateways_host_may_be_kept_to_a_namespace() -> None:
    """`NS/HOST` opens the host to VirtualServices of that namespace, `./HOST` to its own."""
    for hosts, expected in (('"shop/*"', {"404": 1}), ('"default/*"', {A: 1}), ('"./*"', {A: 1})):
        assert (
            at(small_mesh(documents(BASE, gateway(hosts), virtual("x.com", "a"))), "x.com")
            == expected
        )


def test_a_rule_may_name_its_gateways() -> None:
    """match.gateways decides for each of `mesh` and the gateways."""
    text = spec(
        "VirtualService",
        """
        hosts: [a.default.svc.cluster.local]
        gateways: [mesh, front]
        http:
        - match: [{gateways: [front]}]
          route: [{destination: {host: b}}]
        - match: [{gateways: [mesh]}]
          directResponse: {status: 418}
        """,
    )
    mesh = small_mesh(documents(BASE, pod("client"), gateway(), text))
    assert at(mesh, "a.default.svc.cluster.local") == {B: 1}
    assert goes_to(mesh.call("9080/a")) == {"418": 1}


def test_https_redirect_needs_no_route() -> None:
    """Plain HTTP of a host is sent to https though nothing is bound to it."""
    text = gateway('"shop.example.com"').replace("hosts:", "tls: {httpsRedirect: true}, hosts:")
    config = small_mesh(documents(BASE, text)).message(ResourceType.ROUTE, "gateway|80", EDGE)
    assert domain_of(config, "shop.example.com").require_tls == 2


REDIRECT = """
parentRefs: [{name: front}]
hostnames: [%s]
rules:
- filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]
"""


def test_redirects_write_no_port_that_the_scheme_says() -> None:
    """To https from a port of one's own: the host alone where it is known, and where it is not
    for every client that wrote none."""
    gate = gateway_api("gatewayClassName: x\nlisteners: [{name: p, port: 8080, protocol: HTTP}]")
    for host, expected in (("a.com", [("a.com", 0)]), ("*.a.com", [("", 0), ("", 443)])):
        mesh = small_mesh(documents(BASE, gate, spec("HTTPRoute", REDIRECT % f'"{host}"')))
        (served_host,) = mesh.message(ResourceType.ROUTE, "gateway|8080", PEER).virtual_hosts
        actions = [route.redirect for route in served_host.routes]
        assert [(each.host_redirect, each.port_redirect) for each in actions] == expected
        assert {each.scheme_redirect for each in actions} == {"https"}


TLS_SERVER = (
    "{port: {number: 443, name: https-%s, protocol: HTTPS}, hosts: [%s], "
    "tls: {mode: SIMPLE, credentialName: %s}}"
)


def secured(*servers: tuple[str, str, str]) -> str:
    """An Istio Gateway with TLS servers: name, host and credential."""
    lines = ", ".join(TLS_SERVER % server for server in servers)
    return spec("Gateway", f"selector: {{istio: ingressgateway}}\nservers: [{lines}]", name="front")


def certificate(name: str) -> str:
    """A TLS Secret beside the gateway."""
    head = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: istio-system}}\n"
    data = f"stringData: {{tls.crt: {dumps(CHAIN)}, tls.key: {dumps(KEY)}}}\n"
    return f"{head}type: kubernetes.io/tls\n{data}"


def by_tls(found: SmallMesh, server: str, host: str) -> dict[str, int]:
    """Who answers a host on a connection of an Istio server."""
    return goes_to(found.served(f"gateway|443|istio:default/front#https-{server}", host, by=EDGE))


def test_a_connection_carries_no_other_listeners_hosts() -> None:
    """SNI and Host of two listeners with one certificate: 421. A listener with a certificate of
    its own is out of question, and an unknown host is not found."""
    servers = secured(
        ("a", "a.example.com", "shared"),
        ("b", "b.example.com", "shared"),
        ("w", '"*.example.com"', "shared"),
        ("c", "c.org", "own"),
    )
    everywhere = virtual('"*"', "a")
    mesh = small_mesh(
        documents(BASE, servers, certificate("shared"), certificate("own"), everywhere)
    )
    assert by_tls(mesh, "a", "a.example.com") == {A: 1}
    assert by_tls(mesh, "a", "b.example.com") == {"421": 1}
    assert by_tls(mesh, "a", "other.example.com") == {"421": 1}
    assert by_tls(mesh, "w", "other.example.com") == {A: 1}
    assert by_tls(mesh, "w", "b.example.com") == {"421": 1}
    assert by_tls(mesh, "a", "c.org") == by_tls(mesh, "a", "d.org") == {"404": 1}
    assert by_tls(mesh, "c", "a.example.com") == {"404": 1}


def test_gateway_api_listeners_are_apart_as_well() -> None:
    """The same of the Gateway API, also where a route names the other listener's host."""
    tls = "{certificateRefs: [{name: it}]}"
    listener = f"{{name: %s, port: 443, protocol: HTTPS, hostname: '%s', tls: {tls}}}"
    text = "gatewayClassName: x\nlisteners:\n- "
    text += "\n- ".join(listener % each for each in (("w", "*.a.com"), ("b", "b.a.com")))
    route = http_route("{name: front}", "b.a.com, c.a.com")
    mesh = small_mesh(
        documents(
            BASE,
            gateway_api(text),
            certificate("it").replace("istio-system", "default"),
            route,
        )
    )
    for section, host, expected in (
        ("w", "c.a.com", {A: 1}),
        ("w", "b.a.com", {"421": 1}),
        ("b", "b.a.com", {A: 1}),
        ("b", "c.a.com", {"421": 1}),
    ):
        config = f"gateway|443|gateway-api:default/front#{section}"
        assert goes_to(mesh.served(config, host, by=PEER)) == expected


def test_many_listeners_of_one_certificate_cost_no_square() -> None:
    """Beyond some hosts, a listener answers 421 to all that are not its own."""
    hosts = [(f"h{n}", f"h{n}.example.com", "shared") for n in range(300)]
    everywhere = virtual('"*"', "a")
    mesh = small_mesh(documents(BASE, secured(*hosts), certificate("shared"), everywhere))
    config = mesh.message(ResourceType.ROUTE, "gateway|443|istio:default/front#https-h7", EDGE)
    assert len(config.virtual_hosts) == 2
    assert by_tls(mesh, "h7", "h7.example.com") == {A: 1}
    assert by_tls(mesh, "h7", "h8.example.com") == {"421": 1}


FRONT_SERVICE = """apiVersion: v1
kind: Service
metadata: {name: %s, namespace: istio-system}
spec: {selector: {istio: ingressgateway}, ports: [{name: http, port: 80, targetPort: %s}]}
"""


def test_a_port_is_where_its_services_lead() -> None:
    """The gateway listens at the target port of each Service that has the port, and there alone;
    routes still hold for the port that outsiders know."""
    by_port = virtual("x.com", "a", "match: [{port: 80}], ")
    fronts = (FRONT_SERVICE % ("one", 8080), FRONT_SERVICE % ("two", 8090))
    mesh = small_mesh(documents(BASE, gateway(), by_port, *fronts))
    for port in (8080, 8090):
        assert goes_to(mesh.served(f"gateway|{port}", "x.com", by=EDGE)) == {A: 1}
        assert mesh.message(ResourceType.LISTENER, f"gateway|{port}", EDGE).address.socket_address
    assert mesh.message(ResourceType.LISTENER, "gateway|80", EDGE) is None


def test_a_named_target_port_is_the_containers() -> None:
    """`targetPort: web` is the port of that name that the gateway's own container declares."""
    pod_text = """apiVersion: v1
kind: Pod
metadata:
  name: ingressgateway
  namespace: istio-system
  labels: {istio: ingressgateway}
  annotations: {inject.istio.io/templates: gateway}
spec: {containers: [{name: istio-proxy, image: auto, ports: [{name: web, containerPort: 8088}]}]}
"""
    mesh = small_mesh(
        documents(BASE, gateway(), virtual("x.com", "a"), FRONT_SERVICE % ("one", "web"))
    )
    assert at(mesh, "x.com") == {A: 1}  # a stand-in has no such port
    mesh = small_mesh(
        documents(BASE, gateway(), virtual("x.com", "a"), FRONT_SERVICE % ("one", "web"), pod_text)
    )
    assert goes_to(mesh.served("gateway|8088", "x.com", by=EDGE)) == {A: 1}


GATE = """
gatewayClassName: x
listeners:
- {name: http, port: 80, protocol: HTTP, hostname: "*.example.com"%s}
- {name: other, port: 81, protocol: HTTP%s}
"""
PEER = "default/front-x"


def http_route(parent: str, hosts: str = "", namespace: str = "default") -> str:
    """An HTTPRoute to service a."""
    names = f"hostnames: [{hosts}]\n" if hosts else ""
    refs = "[{name: a, port: 9080}]"
    return spec(
        "HTTPRoute",
        f"parentRefs: [{parent}]\n{names}rules: [{{backendRefs: {refs}}}]",
        namespace=namespace,
    )


def served(found: SmallMesh, port: int, host: str) -> dict[str, int]:
    """Who answers at the Gateway API gateway."""
    return goes_to(found.served(f"gateway|{port}", host, by=PEER))


def test_a_section_is_one_listener() -> None:
    """sectionName and port of a parentRef attach to that listener; without, to all."""
    everywhere = {
        "{name: front}": ({A: 1}, {A: 1}),
        "{name: front, sectionName: http}": ({A: 1}, {"404": 1}),
        "{name: front, port: 81}": ({"404": 1}, {A: 1}),
    }
    for parent, expected in everywhere.items():
        mesh = small_mesh(documents(BASE, gateway_api(GATE % ("", "")), http_route(parent)))
        assert (
            served(mesh, 80, "a.example.com"),
            served(mesh, 81, "a.example.com"),
        ) == expected


def test_hostnames_are_cut_to_the_listeners() -> None:
    """A route is served where its hostnames and the listener's meet."""
    route = http_route("{name: front}", "a.other.org, b.example.com")
    mesh = small_mesh(documents(BASE, gateway_api(GATE % ("", "")), route))
    assert served(mesh, 80, "b.example.com") == {A: 1}
    assert served(mesh, 80, "a.other.org") == {"404": 1}
    assert served(mesh, 81, "a.other.org") == {A: 1}


def test_allowed_routes_keep_strangers_out() -> None:
    """A listener takes routes of its own namespace unless it says otherwise."""
    far = documents(
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {edge: 'yes'}}\n",
        service("a", "shop"),
        pod("a", "shop"),
        http_route("{name: front, namespace: default}", namespace="shop"),
    )
    to_shop = {"outbound|9080||a.shop.svc.cluster.local": 1}
    cases = {
        "": {"404": 1},
        ", allowedRoutes: {namespaces: {from: All}}": to_shop,
        ", allowedRoutes: {namespaces: {from: Selector, selector: "
        "{matchLabels: {edge: 'yes'}}}}": to_shop,
        ", allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {edge: 'no'}}}}": {
            "404": 1
        },
    }
    for text, expected in cases.items():
        mesh = small_mesh(documents(gateway_api(GATE % ("", text)), far))
        assert served(mesh, 81, "x.com") == expected


def hostname_route(name: str, hosts: str, path: str, to: str, parent: str = "front") -> str:
    """An HTTPRoute of one path to one service."""
    rule = f"matches: [{{path: {{value: {path}}}}}], backendRefs: [{{name: {to}, port: 9080}}]"
    head = f"parentRefs: [{{name: {parent}}}]\nhostnames: [{hosts}]"
    return spec("HTTPRoute", f"{head}\nrules: [{{{rule}}}]", name=name)


def test_wider_routes_take_what_narrower_ones_leave() -> None:
    """The narrowest hostname comes first; what its routes don't match falls to the wider."""
    wide = hostname_route("wide", '"*.example.com"', "/x", "b")
    narrow = hostname_route("narrow", "a.example.com", "/x/y", "a")
    mesh = small_mesh(documents(BASE, gateway_api(GATE % ("", "")), wide, narrow))
    config = mesh.message(ResourceType.ROUTE, "gateway|80", PEER)
    for host, path, expected in (
        ("a.example.com", "/x/y", {A: 1}),
        ("a.example.com", "/x/z", {B: 1}),
        ("a.example.com", "/z", {"404": 1}),
        ("b.example.com", "/x/y", {B: 1}),
    ):
        assert goes_to(taken(domain_of(config, host), path)) == expected


def test_a_narrow_host_comes_before_a_more_specific_path() -> None:
    """Hostnames decide before matches do, and what takes everything ends the search."""
    wide = hostname_route("wide", '"*.example.com"', "/x/y/z", "b")
    narrow = hostname_route("narrow", "a.example.com", "/", "a")
    mesh = small_mesh(documents(BASE, gateway_api(GATE % ("", "")), wide, narrow))
    config = mesh.message(ResourceType.ROUTE, "gateway|80", PEER)
    host = domain_of(config, "a.example.com")
    assert goes_to(taken(host, "/x/y/z")) == {A: 1}
    assert {goes_to(route).popitem()[0] for route in host.routes} == {A}


def test_istio_hosts_stand_alone() -> None:
    """A VirtualService of a wider host takes nothing of a narrower one's."""
    some = virtual("a.example.com", "a", "match: [{uri: {prefix: /x}}], ", name="narrow")
    mesh = small_mesh(
        documents(BASE, gateway(), some, virtual('"*.example.com"', "b", name="wide"))
    )
    assert at(mesh, "a.example.com", "/z") == {"404": 1}
    assert at(mesh, "b.example.com", "/z") == {B: 1}
