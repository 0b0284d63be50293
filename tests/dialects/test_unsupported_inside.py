"""What is not supported yet is looked into all the same: a misspelt field in it is told."""

from __future__ import annotations

import pytest

from gossamer.dialects.reading import ReadResult
from gossamer.model.finding import Severity
from tests.dialects.full_manifests import GATEWAY_API, NETWORKING, codes, document, reading, spec

RULE = "host: reviews\n"
ROUTE = "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  "
BALANCER = RULE + "trafficPolicy:\n  loadBalancer: "
OF_HTTP = "parentRefs: [{name: a}]\nrules:\n- "
FRONT = "gatewayClassName: g\nlisteners: [{name: a, port: 80, protocol: HTTP}]\n"

TOLD = {
    "a TCP rule": (
        "VirtualService", "hosts: [db]\ntcp: [{route: [{destination: {%s: db}}]}]",
        "host", "hosts", "spec.tcp[0].route[0].destination",
    ),
    "a hash": (
        "DestinationRule", BALANCER + "{consistentHash: {httpCookie: {name: a, %s: 1s}}}",
        "ttl", "tll", "spec.trafficPolicy.loadBalancer.consistentHash.httpCookie",
    ),
    "localities": (
        "DestinationRule",
        BALANCER + "{simple: RANDOM, localityLbSetting: {failover: [{%s: a, to: b}]}}",
        "from", "form", "spec.trafficPolicy.loadBalancer.localityLbSetting.failover[0]",
    ),
    "a budget of a subset's": (
        "DestinationRule",
        RULE + "subsets: [{name: a, labels: {b: c}, trafficPolicy: {retryBudget: {%s: 3}}}]",
        "percent", "percents", "spec.subsets[0].trafficPolicy.retryBudget",
    ),
    "reported loads": (
        "DestinationRule", BALANCER + "{simple: RANDOM, backendUtilization: {%s: 1s}}",
        "weightUpdatePeriod", "weightUpdatePerid",
        "spec.trafficPolicy.loadBalancer.backendUtilization",
    ),
    "a session": (
        "HTTPRoute", OF_HTTP + "sessionPersistence: {cookieConfig: {%s: Session}}",
        "lifetimeType", "lifetimetype", "spec.rules[0].sessionPersistence.cookieConfig",
    ),
    "a filter": (
        "HTTPRoute", OF_HTTP + "filters: [{type: ExternalAuth, externalAuth: {%s: HTTP}}]",
        "protocol", "protocl", "spec.rules[0].filters[0].externalAuth",
    ),
    "a gateway's clients": (
        "Gateway", FRONT + "tls: {frontend: {default: {%s: {}}}}",
        "validation", "validations", "spec.tls.frontend.default",
    ),
}  # fmt: skip


def said(kind: str, body: str) -> ReadResult:
    """The reading of a body of that kind."""
    gateway_api = kind in ("HTTPRoute", "Gateway")
    return spec(GATEWAY_API if gateway_api else NETWORKING, kind, body)


@pytest.mark.parametrize("name", TOLD)
def test_a_misspelt_field_is_told(name: str) -> None:
    """Beside what is said of the whole, at its own place, with the name that was meant."""
    kind, body, right, wrong, where = TOLD[name]
    findings = said(kind, body % wrong).findings
    (finding,) = (each for each in findings if each.code == "unknown-field")
    assert (finding.origin.field, finding.severity) == (f"{where}.{wrong}", Severity.WARNING)
    assert finding.origin.line is not None
    assert finding.remedy == f"Did you mean {right}?"


@pytest.mark.parametrize("name", TOLD)
def test_its_neighbour_is_not(name: str) -> None:
    """The whole is not supported, and nothing in it is unknown."""
    kind, body, right, _, _ = TOLD[name]
    findings = codes(said(kind, body % right).findings)
    assert "unsupported-field" in findings
    assert "unknown-field" not in findings


def test_what_others_act_on_is_looked_into() -> None:
    """Fields that rightly have no effect on the mesh have an author all the same."""
    affinity = "sessionAffinityConfig: {clientIP: {timeoutSecond: 3}}"
    service = f"spec: {{ports: [{{name: http, port: 80}}], {affinity}}}\n"
    (finding,) = reading(document("v1", "Service", service)).findings
    assert finding.origin.field == "spec.sessionAffinityConfig.clientIP.timeoutSecond"
    endpoints = (
        "addressType: IPv4\nports: [{port: 80}]\n"
        "endpoints: [{addresses: [10.0.0.1], hints: {forZone: [{name: a}]}}]\n"
    )
    labels = "{name: one, labels: {kubernetes.io/service-name: one}}"
    text = f"apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {labels}\n{endpoints}"
    (finding,) = reading(text).findings
    assert finding.origin.field == "endpoints[0].hints.forZone"


def mesh_config(text: str) -> list[str]:
    """The fields that nobody has in a MeshConfig."""
    meta = "metadata: {name: istio, namespace: istio-system}"
    body = "".join(f"    {line}\n" for line in text.splitlines())
    result = reading(f"apiVersion: v1\nkind: ConfigMap\n{meta}\ndata:\n  mesh: |\n{body}")
    return [each.origin.field for each in result.findings if each.code == "unknown-field"]


def test_the_proxies_settings_are_looked_into() -> None:
    """By either of a field's names; a ConfigMap's other texts are nobody's business."""
    wrong = "defaultConfig:\n  tracing: {samplin: 1}\n  proxyMetadata: {ANY: thing}"
    assert mesh_config(wrong) == ["data.mesh.defaultConfig.tracing.samplin"]
    right = "defaultConfig:\n  tracing: {sampling: 1, max_path_tag_length: 3}"
    assert mesh_config(right) == []
    other = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata: {app.conf: 'a: b'}\n"
    assert reading(other).findings == ()
