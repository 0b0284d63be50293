"""Gateways beside each other and beside their Services: both are told, and right ones are not."""

from __future__ import annotations

from collections import Counter

import pytest

from gossamer.model.finding import Finding, Severity
from tests.findings.test_finding_pages import analyzed
from tests.findings.test_what_is_said import gateway_api, istio

PODS = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: door}
spec:
  selector: {matchLabels: {istio: door}}
  template:
    metadata: {labels: {istio: door}}
    spec: {containers: [{name: istio-proxy, image: auto}]}
---
apiVersion: v1
kind: Service
metadata: {name: door}
spec:
  selector: {istio: door}
  ports: [{name: http, port: 80, targetPort: 8080}, {name: https, port: 443}]
---
"""


def gateway(name: str, host: str, port: str, tls: str = "") -> str:
    server = f"{{hosts: ['{host}'], port: {{{port}}}{tls}}}"
    return (
        istio("Gateway", f"{{selector: {{istio: door}}, servers: [{server}]}}", name=name) + "---\n"
    )


def told(text: str, code: str) -> list[Finding]:
    return [each for each in analyzed(text) if each.code == code]


HTTP = "number: 80, name: http, protocol: HTTP"
HTTPS = "number: 443, name: https, protocol: HTTPS"
TCP = "number: 80, name: tcp, protocol: TCP"
TLS = ", tls: {mode: SIMPLE, credentialName: cert%s}"


@pytest.mark.parametrize(
    ("one", "two", "severities"),
    [
        (gateway("a", "*", HTTP), gateway("b", "*", HTTP), ["info", "info"]),
        (gateway("a", "a.b", HTTP), gateway("b", "c.b", HTTP), []),
        (
            gateway("a", "a.b", HTTPS, TLS % 1), gateway("b", "a.b", HTTPS, TLS % 2),
            ["error", "warning"],
        ),
        (gateway("a", "a.b", HTTP), gateway("b", "c.b", TCP), ["warning", "warning"]),
    ],
)  # fmt: skip
def test_listeners_that_meet_are_both_told(one: str, two: str, severities: list[str]) -> None:
    """The stronger and the weaker one, each at its own server."""
    found = told(PODS + one + two, "conflicting-gateway-ports")
    assert sorted(each.severity for each in found) == severities
    assert len({each.origin.object for each in found}) == len(found)


def test_two_listeners_of_one_gateway_are_both_told() -> None:
    """The same port, protocol and hostname under two names."""
    listeners = ", ".join(f"{{name: {n}, port: 80, protocol: HTTP}}" for n in "abc")
    text = gateway_api("Gateway", f"{{gatewayClassName: gossamer, listeners: [{listeners}]}}")
    fields = Counter(each.origin.field for each in told(text, "conflicting-gateway-ports"))
    assert fields == {f"spec.listeners[{at}]": 1 for at in range(3)}


def test_one_certificate_on_two_gateways_is_told_on_both() -> None:
    """A browser would use one connection for both; with a certificate each it does not."""
    first = gateway("a", "a.b", HTTPS, TLS % 1)
    found = told(PODS + first + gateway("b", "c.b", HTTPS, TLS % 1), "shared-certificate")
    assert sorted(each.origin.object.name for each in found) == ["a", "b"]
    assert not told(PODS + first + gateway("b", "c.b", HTTPS, TLS % 2), "shared-certificate")


@pytest.mark.parametrize(("port", "count"), [(80, 0), (8080, 0), (443, 0), (8443, 1)])
def test_a_port_that_the_gateways_service_lacks_is_told(port: int, count: int) -> None:
    """Its Service leads nobody there; a port or a target of the Service is reached."""
    found = told(PODS + gateway("a", "*", HTTP.replace("80", str(port))), "unknown-port")
    assert len(found) == count
    assert {each.severity for each in found} <= {Severity.WARNING}
