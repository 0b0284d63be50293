"""HTTPRoutes: the specification's order, rewrites and redirects to the slash, refusals as 500."""

from __future__ import annotations

import pytest

from tests.compile.routes.manifest_texts import documents, gateway_api, pod, service, spec
from tests.compile.routes.route_calls import (
    SmallMesh,
    goes_to,
    refused_share,
    rewritten,
    small_mesh,
    taken,
)

CLIENT = pod("client")
BASE = documents(CLIENT, service("a"), pod("a"), service("b"), pod("b"), service("c"), pod("c"))
A, B, C = (f"outbound|9080||{name}.default.svc.cluster.local" for name in "abc")
TO_A = 'parentRefs: [{group: "", kind: Service, name: a}]'


def route(rules: str, head: str = TO_A, **more: str) -> str:
    """An HTTPRoute with these rules."""
    return spec("HTTPRoute", f"{head}\nrules: {rules}", **more)


def to(name: str, more: str = "") -> str:
    """A backendRefs stanza of one service."""
    return f"backendRefs: [{{name: {name}, port: 9080{more}}}]"


def test_specificity_decides_and_not_the_written_order() -> None:
    """Exact path, then the longest prefix, then method, headers, query."""
    mesh = small_mesh(
        documents(
            BASE,
            route(
                f"""
  - {to("a")}
  - matches: [{{path: {{value: /x}}}}]
    {to("b")}
  - matches: [{{path: {{value: /x}}, method: POST}}]
    {to("a")}
  - matches: [{{path: {{type: Exact, value: /x/y}}}}]
    {to("c")}
  - matches: [{{path: {{value: /x}}, headers: [{{name: v, value: "2"}}]}}]
    {to("c")}"""
            ),
        )
    )
    assert goes_to(mesh.call("9080/a")) == {A: 1}
    assert goes_to(mesh.call("9080/a", "/x/z")) == {B: 1}
    assert goes_to(mesh.call("9080/a", "/x/y")) == {C: 1}
    assert goes_to(mesh.call("9080/a", "/x", method="POST", headers={"v": "2"})) == {A: 1}
    assert goes_to(mesh.call("9080/a", "/x", headers={"v": "2"})) == {C: 1}
    assert goes_to(mesh.call("9080/a", "/xx")) == {A: 1}  # whole segments only


def test_precedence_holds_across_routes() -> None:
    """Several HTTPRoutes of one service are tried as if they were one; ties go by name."""
    wide = route(f"[{{{to('b')}}}]", name="a-wide")
    narrow = route(f"[{{matches: [{{path: {{value: /x}}}}], {to('c')}}}]", name="z-narrow")
    tied = route(f"[{{{to('c')}}}]", name="b-tied")
    mesh = small_mesh(documents(BASE, wide, narrow, tied))
    assert goes_to(mesh.call("9080/a", "/x")) == {C: 1}
    assert goes_to(mesh.call("9080/a", "/y")) == {B: 1}


def test_gateway_api_beats_istio_beats_smi() -> None:
    """Of dialects that speak of one host the strongest holds alone."""
    split = spec("TrafficSplit", "service: a\nbackends: [{service: c, weight: 1}]")
    virtual = spec("VirtualService", "hosts: [a]\nhttp: [{route: [{destination: {host: b}}]}]")
    both = small_mesh(documents(BASE, split, virtual))
    assert goes_to(both.call("9080/a")) == {B: 1}
    three = small_mesh(documents(BASE, split, virtual, route(f"[{{{to('c')}}}]")))
    assert goes_to(three.call("9080/a")) == {C: 1}


def test_a_consumers_route_is_for_its_own_namespace() -> None:
    """A route in the caller's namespace beats the producer's, and nobody else follows it."""
    head = 'parentRefs: [{group: "", kind: Service, name: a, namespace: default}]'
    mine = spec(
        "HTTPRoute",
        f"{head}\nrules: [{{filters: [{REDIRECT}]}}]",
        namespace="shop",
    )
    mesh = small_mesh(documents(BASE, pod("far", "shop"), route(f"[{{{to('b')}}}]"), mine))
    host = "9080/a.default.svc.cluster.local"
    assert mesh.call(host, by="shop/far").HasField("redirect")
    assert goes_to(mesh.call(host)) == {B: 1}


REDIRECT = "{type: RequestRedirect, requestRedirect: {hostname: other.example.com}}"


def test_a_parents_port_limits_the_route() -> None:
    """parentRefs.port rules that port; the others have the plain road."""
    two = "ports: [{name: http, port: 80}, {name: http-b, port: 81}]"
    web = f"apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{{two}}}\n"
    head = 'parentRefs: [{group: "", kind: Service, name: web, port: 81}]'
    mesh = small_mesh(documents(BASE, web, route(f"[{{{to('b')}}}]", head)))
    assert goes_to(mesh.call("81/web")) == {B: 1}
    assert goes_to(mesh.call("80/web")) == {"outbound|80||web.default.svc.cluster.local": 1}


FAR = documents(BASE, service("far", "shop"), pod("far", "shop"))
GRANT = """
from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: default}]
to: [{group: "", kind: Service%s}]
"""


def _to_far(*more: str) -> SmallMesh:
    return small_mesh(documents(FAR, route(f"[{{{to('far', ', namespace: shop')}}}]"), *more))


def test_another_namespace_must_grant() -> None:
    """Without a ReferenceGrant 500; with one for all services or this one, it is reached."""
    far = {"outbound|9080||far.shop.svc.cluster.local": 1}
    assert goes_to(_to_far().call("9080/a")) == {"500": 1}
    for name, expected in (("", far), (", name: far", far), (", name: near", {"500": 1})):
        grant = spec("ReferenceGrant", GRANT % name, namespace="shop")
        assert goes_to(_to_far(grant).call("9080/a")) == expected
    elsewhere = spec("ReferenceGrant", GRANT % "", namespace="default")
    assert goes_to(_to_far(elsewhere).call("9080/a")) == {"500": 1}


@pytest.mark.parametrize(
    "backends",
    [
        "[{name: gone, port: 9080}]",
        "[{name: a, port: 1}]",
        "[{name: a, port: 9080, weight: 0}]",
        "[]",
    ],
)
def test_no_usable_backend_is_500(backends: str) -> None:
    """An unknown service, a foreign port, no weight at all, no backends."""
    mesh = small_mesh(documents(BASE, route(f"[{{backendRefs: {backends}}}]")))
    assert goes_to(mesh.call("9080/a")) == {"500": 1}


def test_the_share_of_an_unusable_backend_is_500() -> None:
    """The others keep their shares, and what would go to it is refused before."""
    refs = "[{name: b, port: 9080, weight: 2}, {name: c, port: 9080}, {name: gone, port: 9080}]"
    host = small_mesh(documents(BASE, route(f"[{{backendRefs: {refs}}}]"))).host("9080/a")
    assert refused_share(host) == 25
    assert goes_to(taken(host)) == {B: 2, C: 1}


@pytest.mark.parametrize(
    ("prefix", "value", "path", "expected"),
    [  # the table of HTTPPathModifier.replacePrefixMatch
        ("/foo", "/xyz", "/foo/bar", "/xyz/bar"),
        ("/foo", "/xyz/", "/foo/bar", "/xyz/bar"),
        ("/foo/", "/xyz", "/foo/bar", "/xyz/bar"),
        ("/foo/", "/xyz/", "/foo/bar", "/xyz/bar"),
        ("/foo", "/xyz", "/foo", "/xyz"),
        ("/foo", "/xyz/", "/foo/", "/xyz/"),
        ("/foo", "", "/foo/bar", "/bar"),
        ("/foo/", "", "/foo/", "/"),
        ("/foo/", "", "/foo", "/"),
        ("/foo", "/", "/foo/", "/"),
        ("/foo", "/", "/foo", "/"),
        ("/", "/xyz", "/bar", "/xyz/bar"),
        ("/f.o", "/", "/f.o/bar", "/bar"),
    ],
)
def test_replaced_segments_never_glue_or_double(
    prefix: str, value: str, path: str, expected: str
) -> None:
    """The specification's table of replaced prefixes, for rewrites and for redirects."""
    modifier = f'path: {{type: ReplacePrefixMatch, replacePrefixMatch: "{value}"}}'
    match = f"matches: [{{path: {{value: {prefix}}}}}]"
    rewrite = f"filters: [{{type: URLRewrite, urlRewrite: {{{modifier}}}}}]"
    redirect = f"filters: [{{type: RequestRedirect, requestRedirect: {{{modifier}}}}}]"
    sent = small_mesh(documents(BASE, route(f"[{{{match}, {rewrite}, {to('a')}}}]"))).call(
        "9080/a", path
    )
    assert rewritten(sent.route, sent.match, path) == expected
    call = small_mesh(documents(BASE, route(f"[{{{match}, {redirect}}}]"))).call("9080/a", path)
    assert rewritten(call.redirect, call.match, path) == expected


def test_a_full_path_is_replaced_whatever_matched() -> None:
    """ReplaceFullPath leaves nothing of the path."""
    filters = (
        "filters: [{type: URLRewrite, urlRewrite: "
        "{path: {type: ReplaceFullPath, replaceFullPath: /one}}}]"
    )
    call = small_mesh(documents(BASE, route(f"[{{{filters}, {to('a')}}}]"))).call("9080/a", "/x/y")
    assert rewritten(call.route, call.match, "/x/y") == "/one"


@pytest.mark.parametrize(
    ("called", "said", "port"),
    [
        (80, "hostname: o.example.com", 0),
        (80, "hostname: o.example.com, port: 80", 0),
        (80, "hostname: o.example.com, port: 8080", 8080),
        (80, "scheme: https", 443),
        (80, "scheme: https, hostname: o.example.com", 0),
        (80, "scheme: https, hostname: o.example.com, port: 443", 0),
        (80, "scheme: https, hostname: o.example.com, port: 8443", 8443),
        (8080, "hostname: o.example.com", 8080),
        (8080, "hostname: o.example.com, port: 80", 0),
        (8080, "scheme: https, hostname: o.example.com", 0),
        (8080, "scheme: https", 443),
    ],
)
def test_the_port_of_a_redirect(called: int, said: str, port: int) -> None:
    """Named or derived as the specification says, and not written where the scheme says it.

    A host that comes along from the request may bring a port: there it is written out.
    """
    gate = gateway_api(
        f"gatewayClassName: x\nlisteners: [{{name: http, port: {called}, protocol: HTTP}}]"
    )
    filters = f"filters: [{{type: RequestRedirect, requestRedirect: {{{said}}}}}]"
    mesh = small_mesh(documents(gate, route(f"[{{{filters}}}]", "parentRefs: [{name: front}]")))
    answer = mesh.served(f"gateway|{called}", "shop.example.com", by="default/front-x")
    assert answer.redirect.port_redirect == port


def test_filters_that_are_not_supported_answer_500() -> None:
    """They are never skipped: the requests that they were for are refused."""
    filters = "filters: [{type: ExtensionRef, extensionRef: {group: g, kind: K, name: n}}]"
    mesh = small_mesh(documents(BASE, route(f"[{{{filters}, {to('a')}}}]")))
    assert goes_to(mesh.call("9080/a")) == {"500": 1}
