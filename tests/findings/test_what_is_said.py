"""Mistakes that people make, each with the finding that names it: code, field, and the way out."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from gossamer.model.finding import Severity
from tests.findings.test_finding_pages import analyzed

SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: reviews}
spec: {selector: {app: reviews}, ports: [{name: http, port: 9080, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: reviews}
spec:
  selector: {matchLabels: {app: reviews}}
  template:
    metadata: {labels: {app: reviews}}
    spec: {containers: [{name: reviews, image: docker.io/istio/examples-bookinfo-reviews-v1}]}
---
"""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A text, and what has to be said of it."""

    text: str
    code: str
    field: str
    remedy: str = ""
    severity: Severity = Severity.WARNING


def istio(kind: str, spec: str, group: str = "networking", name: str = "one") -> str:
    """An Istio object."""
    return (
        f"apiVersion: {group}.istio.io/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n"
    )


def rule(http: str, more: str = "") -> str:
    """A VirtualService of one rule, beside the service that it is for."""
    return SERVICE + istio("VirtualService", f"{{hosts: [reviews], http: [{{{http}}}]{more}}}")


def policy(spec: str, name: str = "one") -> str:
    """A PeerAuthentication."""
    return istio("PeerAuthentication", spec, "security", name)


def entry(spec: str) -> str:
    """A ServiceEntry of one host."""
    return istio("ServiceEntry", f"{{hosts: [a.example], {spec}}}")


def server(spec: str) -> str:
    """A Gateway of one server."""
    return istio("Gateway", f"{{selector: {{istio: x}}, servers: [{{{spec}, hosts: ['*']}}]}}")


def gateway_api(kind: str, spec: str) -> str:
    """A Gateway API object."""
    return f"apiVersion: {GATEWAY}/v1\nkind: {kind}\nmetadata: {{name: one}}\nspec: {spec}\n"


GATEWAY = "gateway.networking.k8s.io"
GAMMA = "{group: '', kind: Service, name: reviews}"
TO = "route: [{destination: {host: reviews}}]"
PORT = "ports: [{number: 80, name: http, protocol: HTTP}]"
ERROR = Severity.ERROR
DISABLED = istio("DestinationRule", "{host: reviews, trafficPolicy: {tls: {mode: DISABLE}}}")

MISTAKES = {
    "labels beside matchLabels": Mistake(
        policy("{selector: {app: a}, mtls: {mode: DISABLE}}"),
        "missing-field", "spec.selector", "under matchLabels", ERROR,
    ),
    "labels of clients beside matchLabels": Mistake(
        SERVICE + istio("DestinationRule", "{host: reviews, workloadSelector: {app: a}}"),
        "missing-field", "spec.workloadSelector", "under matchLabels", ERROR,
    ),
    "labels of an entry's pods beside labels": Mistake(
        entry(f"{PORT}, workloadSelector: {{app: a}}"),
        "missing-field", "spec.workloadSelector", "under labels", ERROR,
    ),
    "a name among static endpoints": Mistake(
        entry(f"{PORT}, resolution: STATIC, endpoints: [{{address: b.example}}]"),
        "invalid-address", "spec.endpoints[0].address", "not a name", ERROR,
    ),
    "no address": Mistake(
        entry(f"{PORT}, addresses: ['1.2.3']"), "invalid-address", "spec.addresses[0]", "", ERROR
    ),
    "a cluster IP that is a name": Mistake(
        SERVICE.replace("spec: {selector: {app: reviews}, p", "spec: {clusterIP: a.b, p"),
        "invalid-address", "spec.clusterIP", "", ERROR,
    ),
    "an address of the other family": Mistake(
        SERVICE
        + "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
        + "metadata: {name: one, labels: {kubernetes.io/service-name: reviews}}\n"
        + "addressType: IPv4\nendpoints: [{addresses: ['::1']}]\n",
        "invalid-address", "endpoints[0].addresses[0]", "", ERROR,
    ),
    "HTTPS without a certificate": Mistake(
        server("port: {number: 443, name: https, protocol: HTTPS}"),
        "missing-field", "spec.servers[0].tls", "credentialName", ERROR,
    ),
    "a certificate at a plain port": Mistake(
        server("port: {number: 80, name: http, protocol: HTTP}, tls: {credentialName: a}"),
        "no-effect", "spec.servers[0].tls", "HTTPS", ERROR,
    ),
    "many hosts by DNS": Mistake(
        istio("ServiceEntry", f"{{hosts: ['*.example'], {PORT}, resolution: DNS}}"),
        "invalid-host", "spec.hosts[0]", "resolution: NONE", ERROR,
    ),
    "an entry without ports": Mistake(
        entry("resolution: DNS"), "no-effect", "spec.ports", "Add the ports"
    ),
    "endpoints beside a selector": Mistake(
        entry(f"{PORT}, resolution: STATIC, workloadSelector: {{labels: {{app: reviews}}}}, "
              "endpoints: [{address: 192.0.2.1}]"),
        "invalid-field", "spec.endpoints", "one of the two", ERROR,
    ),
    "a host that is misspelt": Mistake(
        rule("route: [{destination: {host: review}}]"),
        "dangling-host", "spec.http[0].route[0]", "Write reviews.default", ERROR,
    ),
    "a host of another namespace": Mistake(
        SERVICE.replace("name: reviews}", "name: reviews, namespace: shop}", 1)
        + istio("DestinationRule", "{host: reviews}"),
        "dangling-host", "spec.host", "Write reviews.shop.svc.cluster.local",
    ),
    "rules for a host that is misspelt": Mistake(
        SERVICE + istio("VirtualService", f"{{hosts: [revews], http: [{{{TO}}}]}}"),
        "dangling-host", "spec.hosts[0]", "Write reviews.default",
    ),
    "no rules": Mistake(
        SERVICE + istio("VirtualService", "{hosts: [reviews]}"), "no-effect", "spec.http", "Add",
        Severity.ERROR,
    ),
    "a path without its slash": Mistake(
        rule(f"match: [{{uri: {{prefix: api}}}}], {TO}"),
        "invalid-path", "spec.http[0].match[0].uri.prefix", "Write /api",
    ),
    "a path with a star": Mistake(
        rule(f"match: [{{uri: {{exact: /api/*}}}}], {TO}"),
        "invalid-path", "spec.http[0].match[0].uri.exact", "Use prefix",
    ),
    "a weight that was forgotten": Mistake(
        rule("route: [{destination: {host: reviews}, weight: 90}, {destination: {host: reviews}}]"),
        "missing-field", "spec.http[0].route[1]", "its weight",
    ),
    "a try longer than its request": Mistake(
        rule(f"{TO}, timeout: 1s, retries: {{attempts: 2, perTryTimeout: 2s}}"),
        "no-effect", "spec.http[0].retries.perTryTimeout", "fraction",
    ),
    "a share of no copies": Mistake(
        rule(f"{TO}, mirrorPercentage: {{value: 10}}"),
        "no-effect", "spec.http[0].mirrorPercentage", "Add mirror",
    ),
    "a match on the target's port": Mistake(
        rule(f"match: [{{port: 8080}}], {TO}"),
        "unknown-port", "spec.http[0].match[0]", "not on its targetPort",
    ),
    "a mode for the service's port": Mistake(
        SERVICE + policy("{selector: {matchLabels: {app: reviews}}, "
                         "portLevelMtls: {9080: {mode: DISABLE}}}"),
        "unknown-port", "spec.portLevelMtls.9080", "a targetPort",
    ),
    "injection misspelt": Mistake(
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {istio-injection: enable}}\n",
        "no-effect", "metadata.labels.istio-injection", "Write enabled",
    ),
    "injection under a wrong name": Mistake(
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {istio_injection: enabled}}",
        "no-effect", "metadata.labels.istio_injection", "Write istio-injection",
    ),
    "a parameter with an endless name": Mistake(
        rule(f"match: [{{queryParams: {{? {'q' * 1025} : {{exact: a}}}}}}], {TO}"),
        "out-of-range", f"spec.http[0].match[0].queryParams.{'q' * 1025}", "as callers do", ERROR,
    ),
    "a gateway's parameter with an endless name": Mistake(
        SERVICE + gateway_api(
            "HTTPRoute",
            f"{{parentRefs: [{GAMMA}], rules: [{{backendRefs: [{{name: reviews, port: 9080}}], "
            f"matches: [{{queryParams: [{{name: {'q' * 1025}, value: a}}]}}]}}]}}",
        ),
        "out-of-range", "spec.rules[0].matches[0].queryParams[0].name", "as callers do", ERROR,
    ),
    "a kind of another group": Mistake(
        "apiVersion: networking.istio.io/v1\nkind: HTTPRoute\nmetadata: {name: one}\n",
        "unknown-kind", "apiVersion", "apiVersion: gateway.networking.k8s.io/v1",
    ),
    "a core kind of another group": Mistake(
        "apiVersion: v1\nkind: Deployment\nmetadata: {name: one}\n",
        "unknown-kind", "apiVersion", "apiVersion: apps/v1",
    ),
    "a group that is misspelt": Mistake(
        "apiVersion: networking.istio.oi/v1\nkind: VirtualService\nmetadata: {name: one}\n",
        "unknown-kind", "apiVersion", "apiVersion: networking.istio.io/v1",
    ),
    "a kind that is misspelt": Mistake(
        "apiVersion: apps/v1\nkind: Deploymnet\nmetadata: {name: one}\n",
        "unknown-kind", "kind", "kind: Deployment",
    ),
    "a version that there is not": Mistake(
        SERVICE + istio("VirtualService", f"{{hosts: [reviews], http: [{{{TO}}}]}}").replace(
            "/v1", "/v1alpha7"),
        "unknown-kind", "apiVersion", "apiVersion: networking.istio.io/v1",
    ),
    "a gateway without listeners": Mistake(
        gateway_api("Gateway", "{gatewayClassName: gossamer, listeners: []}"),
        "missing-field", "spec.listeners", "Add a listener", ERROR,
    ),
    "listeners that are the same": Mistake(
        gateway_api("Gateway", "{gatewayClassName: gossamer, listeners: ["
                    "{name: a, port: 80, protocol: HTTP}, {name: b, port: 80, protocol: HTTP}]}"),
        "conflicting-gateway-ports", "spec.listeners[1]", "of its own",
    ),
    "TLS listeners that are the same": Mistake(
        gateway_api("Gateway", "{gatewayClassName: gossamer, listeners: ["
                    "{name: a, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: c}]}}, "
                    "{name: b, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: c}]}}]}"),
        "conflicting-gateway-ports", "spec.listeners[1]", "another port", ERROR,
    ),
    "a rule with no backend": Mistake(
        SERVICE + gateway_api("HTTPRoute", f"{{parentRefs: [{GAMMA}], rules: [{{}}]}}"),
        "missing-field", "spec.rules[0].backendRefs", "Add a backend",
    ),
    "a rule with no weight": Mistake(
        SERVICE + gateway_api("HTTPRoute", f"{{parentRefs: [{GAMMA}], rules: [{{backendRefs: "
                              "[{name: reviews, port: 9080, weight: 0}]}]}"),
        "weights-sum-zero", "spec.rules[0].backendRefs", "give one a weight",
    ),
    "a grant to a plural": Mistake(
        gateway_api("ReferenceGrant", "{from: [{group: gateway.networking.k8s.io, "
                    "kind: httproutes, namespace: a}], to: [{kind: Service}]}"),
        "invalid-reference", "spec.from[0].kind", "kind: HTTPRoute",
    ),
    "a grant to a kind of no group": Mistake(
        gateway_api("ReferenceGrant",
                    "{from: [{kind: HTTPRoute, namespace: a}], to: [{kind: Service}]}"),
        "invalid-reference", "spec.from[0].kind", "gateway.networking.k8s.io",
    ),
    "a service without ports": Mistake(
        "apiVersion: v1\nkind: Service\nmetadata: {name: one}\nspec: {selector: {app: a}}\n",
        "missing-field", "spec.ports", "Add the ports",
        severity=Severity.ERROR,
    ),
    "a workload that is not its own": Mistake(
        SERVICE.replace("matchLabels: {app: reviews}", "matchLabels: {app: review}"),
        "selector-mismatch", "spec.selector.matchLabels.app", "template", ERROR,
    ),
    "endpoints without the service's port": Mistake(
        SERVICE
        + "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
        + "metadata: {name: one, labels: {kubernetes.io/service-name: reviews}}\n"
        + "addressType: IPv4\nendpoints: [{addresses: [192.0.2.1]}]\n"
        + "ports: [{name: web, port: 80}]\n",
        "unknown-port", "ports[0]", "'http'",
    ),
    "a split of a service that is misspelt": Mistake(
        SERVICE + "apiVersion: split.smi-spec.io/v1alpha2\nkind: TrafficSplit\n"
        "metadata: {name: one}\n"
        "spec: {service: revews, backends: [{service: reviews, weight: 1}]}\n",
        "dangling-host", "spec.service", "Write reviews.default",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named(name: str) -> None:
    """By its code, at its field, with a remedy that helps."""
    wrong = MISTAKES[name]
    said = [f for f in analyzed(wrong.text) if f.code == wrong.code]
    assert [(f.origin.field, f.severity) for f in said[:1]] == [(wrong.field, wrong.severity)]
    assert len(said) == (2 if wrong.code == "conflicting-gateway-ports" else 1)
    assert wrong.remedy in said[0].remedy


RIGHT = {
    "a rule": rule(TO),
    "a prefix without its end": rule(f"match: [{{uri: {{prefix: /ap}}}}], {TO}"),
    "any OPTIONS": rule(f"match: [{{uri: {{exact: '*'}}}}], {TO}"),
    "a match on the service's port": rule(f"match: [{{port: 9080}}], {TO}"),
    "an empty selector": policy("{selector: {}, mtls: {mode: STRICT}}"),
    "a mode for the workload's port": SERVICE
    + policy("{selector: {matchLabels: {app: reviews}}, portLevelMtls: {8080: {mode: DISABLE}}}"),
    "plaintext to permissive workloads": SERVICE + DISABLED,
    "policies of two workloads": SERVICE
    + policy("{selector: {matchLabels: {app: reviews}}, mtls: {mode: STRICT}}")
    + "---\n"
    + policy("{mtls: {mode: PERMISSIVE}}", "two"),
    "HTTPS by redirect": server(
        "port: {number: 80, name: http, protocol: HTTP}, tls: {httpsRedirect: true}"
    ).replace("{istio: x}", "{app: reviews}"),
    "kinds that nobody reads": "---\n".join(
        f"apiVersion: {group}\nkind: {kind}\nmetadata: {{name: one}}\n"
        for group, kind in (
            ("gateway.networking.k8s.io/v1", "GRPCRoute"),
            ("gateway.networking.k8s.io/v1alpha2", "TCPRoute"),
            ("networking.istio.io/v1alpha3", "EnvoyFilter"),
            ("serving.knative.dev/v1", "Service"),
            ("gateway.solo.io/v1", "Gateway"),
            ("cert-manager.io/v1", "Certificate"),
            ("batch/v1", "Job"),
            ("v1", "PersistentVolumeClaim"),
            ("rbac.authorization.k8s.io/v1", "Role"),
        )
    ),
    "endpoints told port by port": "---\n".join(
        (
            "apiVersion: v1\nkind: Service\nmetadata: {name: one}\n"
            "spec: {ports: [{name: http, port: 80}, {name: tcp-a, port: 81}]}\n",
            *(
                "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
                f"metadata: {{name: {name}, labels: {{kubernetes.io/service-name: one}}}}\n"
                "addressType: IPv4\nendpoints: [{addresses: [192.0.2.1]}]\n"
                f"ports: [{{name: {name}, port: 8080}}]\n"
                for name in ("http", "tcp-a")
            ),
        )
    ),
    "a headless service": "apiVersion: v1\nkind: Service\nmetadata: {name: one}\n"
    "spec: {clusterIP: None}\n",
    "a workload of its own": SERVICE,
    "listeners told apart": gateway_api(
        "Gateway",
        "{gatewayClassName: gossamer, listeners: [{name: a, port: 80, protocol: HTTP}, "
        "{name: b, port: 80, protocol: HTTP, hostname: a.example}]}",
    ),
    "a grant": gateway_api(
        "ReferenceGrant",
        f"{{from: [{{group: {GATEWAY}, kind: HTTPRoute, namespace: a}}], "
        'to: [{group: "", kind: Service}]}',
    ),
    "a namespace": "apiVersion: v1\nkind: Namespace\n"
    "metadata: {name: a, labels: {istio-injection: enabled, team: istio}}",
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_is_not_blamed(name: str) -> None:
    """Its near neighbours have nothing said of them by the same codes."""
    codes = {mistake.code for mistake in MISTAKES.values()}
    assert [f.message for f in analyzed(RIGHT[name]) if f.code in codes] == []


def test_a_wrong_version_hides_no_loss() -> None:
    """That backends are called without it is said in any version, and that nobody reads it, too."""
    group, kind = "gateway.networking.k8s.io", "BackendTLSPolicy"
    text = f"apiVersion: {group}/v9\nkind: {kind}\nmetadata: {{name: one}}\nspec: {{}}"
    version, loss = analyzed(text)
    assert (version.code, version.effect) == ("unknown-kind", "a cluster would refuse it")
    assert (loss.code, loss.severity) == ("kind-not-read", Severity.WARNING)
