"""One mistake is one finding: on the object that has it, and not again on all that lean on it."""

from __future__ import annotations

import pytest

from gossamer.plane.documents import read_files
from gossamer.store.paths import File
from tests.findings.test_finding_pages import analyzed
from tests.findings.test_what_is_said import SERVICE, gateway_api, istio

TWICE = "subsets: [{name: v1, labels: {app: reviews}}, {name: v1, labels: {app: b}}]"
TO = "route: [{destination: {host: reviews}}]"
ROUTED = istio("VirtualService", f"{{hosts: ['*'], gateways: [one], http: [{{{TO}}}]}}")
PORT = "port: {number: 443, name: a, protocol: HTTPS}"
API = (
    gateway_api(
        "Gateway", "{gatewayClassName: gossamer, listeners: [{name: a, port: 80, protocol: HTTP}]}"
    )
    + "---\n"
)

ONE_MISTAKE = {
    "a bad rule": SERVICE
    + istio("VirtualService", f"{{hosts: [reviews], http: [{{match: 5, {TO}}}, {{{TO}}}]}}"),
    "a bad subset beside one that is used": SERVICE
    + istio("DestinationRule", f"{{host: reviews, {TWICE}}}")
    + "---\n"
    + istio(
        "VirtualService",
        "{hosts: [reviews], http: [{route: [{destination: {host: reviews, subset: v1}}]}]}",
    ),
    "a bad selector of a gateway with routes": SERVICE
    + istio("Gateway", "{selector: x, servers: [{port: {number: 80, name: a, protocol: HTTP}, "
            "hosts: ['*']}]}")
    + "---\n" + ROUTED,
    "a listener without its certificate, with routes": SERVICE
    + istio("Gateway", f"{{selector: {{istio: x}}, servers: [{{{PORT}, hosts: ['*']}}]}}")
    + "---\n" + ROUTED,
    "a listener without its certificate, with routes of Gateway API": SERVICE
    + gateway_api("Gateway", "{gatewayClassName: gossamer, listeners: "
                  "[{name: a, port: 443, protocol: HTTPS}]}")
    + "---\n"
    + gateway_api("HTTPRoute", "{parentRefs: [{name: one}], rules: [{backendRefs: "
                  "[{name: reviews, port: 9080}]}]}"),
    "a bad service that routes lead to": SERVICE
    + "apiVersion: v1\nkind: Service\nmetadata: {name: shop}\n"
    + "spec: {clusterIP: a.b, selector: {app: reviews}, ports: [{name: http, port: 80}]}\n---\n"
    + istio("VirtualService", "{hosts: [shop], http: [{route: [{destination: {host: shop}}]}]}"),
    "a host that is missing in three places": SERVICE
    + istio("VirtualService", "{hosts: [reviews], http: [" + ", ".join(
        f"{{match: [{{uri: {{prefix: /{n}}}}}], route: [{{destination: {{host: shop}}}}]}}"
        for n in range(3)) + "]}"),
    "a host that is none": SERVICE
    + istio("VirtualService", f"{{hosts: ['reviews:9080'], http: [{{{TO}}}]}}"),
    "a host that is a number": SERVICE
    + istio("VirtualService", f"{{hosts: [123], http: [{{{TO}}}]}}"),
    "no spec": SERVICE + istio("VirtualService", ""),
    "a spec that is a list": SERVICE + istio("VirtualService", "[]"),
    "no port of a gateway's server": istio(
        "Gateway", "{selector: {istio: ingressgateway}, servers: [{hosts: ['*']}]}"),
    "a namespace that is none": SERVICE
    + istio("VirtualService", f"{{hosts: [reviews], exportTo: [Bad_Name], http: [{{{TO}}}]}}"),
    "a host of a gateway in a namespace that is none": istio(
        "Gateway", "{selector: {istio: ingressgateway}, servers: [{port: {number: 80, name: a, "
        "protocol: HTTP}, hosts: ['Bad_Name/a.example.com']}]}"),
    "a protocol that is none": istio(
        "ServiceEntry", "{hosts: [a.example.com], resolution: DNS, ports: [{number: 80, name: a, "
        "protocol: HTP}]}"),
    "a range beside DNS": istio(
        "ServiceEntry", "{hosts: [a.example.com], resolution: DNS, addresses: [10.1.2.0/24], "
        "ports: [{number: 80, name: a, protocol: HTTP}]}"),
    "a host with its port": SERVICE + API
    + gateway_api("HTTPRoute", "{parentRefs: [{name: one}], hostnames: ['a.example.com:80'], "
                  "rules: [{backendRefs: [{name: reviews, port: 9080}]}]}"),
    "a second filter of one type": SERVICE + API
    + gateway_api("HTTPRoute", "{parentRefs: [{name: one}], rules: [{filters: ["
                  "{type: URLRewrite, urlRewrite: {hostname: a.example.com}}, {type: URLRewrite, "
                  "urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: /a}}}], "
                  "backendRefs: [{name: reviews, port: 9080}]}]}"),
    "a path of the other type": SERVICE + API
    + gateway_api("HTTPRoute", "{parentRefs: [{name: one}], rules: [{filters: ["
                  "{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, "
                  "replacePrefixMatch: /a}}}], backendRefs: [{name: reviews, port: 9080}]}]}"),
    "several ports without names": SERVICE
    + "apiVersion: v1\nkind: Service\nmetadata: {name: shop}\nspec: {selector: {app: reviews}, "
    + "ports: [{port: 80, targetPort: 8080, appProtocol: http}, "
    + "{port: 81, targetPort: 8080, appProtocol: http}]}\n",
}  # fmt: skip


@pytest.mark.parametrize("text", ONE_MISTAKE.values(), ids=list(ONE_MISTAKE))
def test_it_is_told_once(text: str) -> None:
    """Neither the parts of the object nor its neighbours repeat it."""
    told = analyzed(text)
    assert len(told) == 1, [(str(each.origin), each.message) for each in told]


REFUSED = SERVICE + istio(
    "VirtualService",
    f"{{hosts: [reviews], http: [{{match: 5, {TO}}}, "
    "{route: [{destination: {host: nobody}}]}]}",
)


def test_a_refused_object_is_cross_checked() -> None:
    """Its author fixes all of it in one turn: what could be read is checked beside the others."""
    told = {each.code: each for each in analyzed(REFUSED)}
    assert set(told) == {"wrong-type", "dangling-host"}
    assert told["dangling-host"].origin.field == "spec.http[1].route[0]"
    assert "is refused" in told["wrong-type"].effect


def test_a_refused_object_is_not_stored() -> None:
    """That it can be read in part makes it no more valid."""
    reading = read_files([File("page.yaml", REFUSED.encode())])
    assert "VirtualService" not in {manifest.kind for manifest in reading.manifests}
    assert [each.object.kind for each in reading.readable] == ["VirtualService"]
