"""Gateways, their pods and the routes that name them: the mistake is told, its neighbour is not."""

from __future__ import annotations

from gossamer.model.finding import Finding, Severity
from tests.findings.test_finding_pages import analyzed
from tests.findings.test_what_is_said import SERVICE, istio

TO = "http: [{route: [{destination: {host: reviews}}]}]"


def gateway(name: str, host: str, selector: str = "istio: ingressgateway") -> str:
    port = "port: {number: 80, name: http, protocol: HTTP}"
    spec = f"{{selector: {{{selector}}}, servers: [{{hosts: ['{host}'], {port}}}]}}"
    return istio("Gateway", spec, name=name) + "---\n"


def routed(hosts: str) -> str:
    return istio("VirtualService", f"{{hosts: [{hosts}], gateways: [ga, gb], {TO}}}")


def told(text: str, code: str) -> list[Finding]:
    return [each for each in analyzed(text) if each.code == code]


GATEWAYS = SERVICE + gateway("ga", "*.a.example") + gateway("gb", "*.b.example")


def test_each_host_needs_one_gateway_only() -> None:
    """A route of two hosts for two gateways, one each, is as it should be."""
    assert told(GATEWAYS + routed("x.a.example, y.b.example"), "host-not-served") == []


def test_a_host_that_no_gateway_serves_is_told_once() -> None:
    """At the host, not at every gateway."""
    (found,) = told(GATEWAYS + routed("x.a.example, y.c.example, z.b.example"), "host-not-served")
    assert found.origin.field == "spec.hosts[1]"
    assert "y.c.example" in found.message


def test_a_gateway_without_any_of_the_hosts_is_told() -> None:
    """It is in the list for nothing."""
    (found,) = told(GATEWAYS + routed("x.a.example"), "host-not-served")
    assert found.origin.field == "spec.gateways[1]"
    assert "default/gb serves none of its hosts" in found.message


POD = """
apiVersion: v1
kind: Pod
metadata: {name: gw, labels: {my: gw}}
spec: {containers: [{name: istio-proxy%s}]}
---
"""


def test_pods_that_are_no_gateway_are_told_as_such() -> None:
    """They are there and have the labels; what they lack is a gateway's proxy."""
    (found,) = told(POD % "" + gateway("ga", "*", "my: gw"), "selector-matches-nothing")
    assert "pods have the labels my: gw" in found.message
    assert "none of them is a gateway" in found.message


def test_a_gateways_pod_is_found() -> None:
    """The same pod with a proxy's image serves."""
    text = POD % ", image: auto" + gateway("ga", "*", "my: gw")
    assert told(text, "selector-matches-nothing") == []


def test_a_port_without_a_name_is_at_most_worth_knowing() -> None:
    """It is told by no empty name, and as no mistake."""
    (found,) = told(SERVICE.replace("name: http, ", ""), "unknown-protocol")
    assert found.severity is Severity.INFO
    assert "''" not in found.message


def test_a_word_that_is_no_protocol_is_a_warning() -> None:
    """An appProtocol that nobody speaks is a slip."""
    text = SERVICE.replace("name: http, ", "appProtocol: htpp, ")
    assert [each.severity for each in told(text, "unknown-protocol")] == [Severity.WARNING]
