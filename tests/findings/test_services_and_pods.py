"""Services beside what stands behind them, and what pods say to the mesh: mistake and neighbour."""

from __future__ import annotations

import pytest

from tests.findings.test_finding_pages import analyzed
from tests.findings.test_what_is_said import SERVICE, istio, rule

POD = """
apiVersion: v1
kind: Pod
metadata: {name: reviews, labels: {app: reviews}}
spec: {containers: [{name: app, image: curlimages/curl, ports: [{name: web, containerPort: 8080}]}]}
---
"""
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: one%s}
spec:
  selector: {matchLabels: {app: one}}
  template:
    metadata: {labels: {app: one}%s}
    spec: {%scontainers: [{name: one, image: curlimages/curl%s}]}
"""


def service(ports: str, name: str = "one") -> str:
    spec = f"{{selector: {{app: reviews}}, ports: [{ports}]}}"
    return f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {spec}\n---\n"


def alias(port: int) -> str:
    spec = f"{{type: ExternalName, externalName: reviews.default.svc.cluster.local, ports: [{{name: http, port: {port}}}]}}"  # noqa: E501
    return SERVICE + f"apiVersion: v1\nkind: Service\nmetadata: {{name: one}}\nspec: {spec}\n"


def deployment(meta: str = "", template: str = "", spec: str = "", container: str = "") -> str:
    return DEPLOYMENT % (meta, template, spec, container)


def namespace(words: str) -> str:
    return f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop, {words}}}\n"


def clash(name: str) -> str:
    http = service("{name: http, port: 80, targetPort: 8080}")
    return POD + http + service(f"{{name: {name}, port: 81, targetPort: web}}", "two")


def rule_to(destination: str) -> str:
    http = f"[{{route: [{{destination: {destination}}}]}}]"
    return istio("VirtualService", f"{{hosts: [reviews], http: {http}}}")


def in_shop(text: str) -> str:
    return text.replace("metadata: {name: one", "metadata: {namespace: shop, name: one", 1)


def labelled(word: str) -> str:
    return deployment().replace("labels: {app: one}", f"labels: {{app: one, {word}}}")


def annotated(word: str) -> str:
    return deployment(template=f", annotations: {{{word}}}")


ASKED = "sidecar.istio.io/inject: 'true'"
TWO_PORTS = "{name: http, port: 80, targetPort: 8080}, {name: http-b, port: 81, targetPort: 8080}"
USER = "securityContext: {runAsUser: %d}"
INJECT = "{sidecar.istio.io/inject: 'false'}"
ONE = "{destination: {host: reviews}%s}"
SUBSETS = "{host: reviews, subsets: [{name: all%s}]}"

TOLD = {
    "a number that no container has": (
        POD + service("{name: http, port: 80, targetPort: 9999}"),
        POD + service("{name: http, port: 80, targetPort: 8080}"),
        "unknown-target-port", "spec.ports[0]",
    ),
    "a name that no container has": (
        POD + service("{name: http, port: 80, targetPort: wbe}"),
        POD + service("{name: http, port: 80, targetPort: web}"),
        "unknown-target-port", "spec.ports[0]",
    ),
    "a name that some pods have": (
        POD + POD.replace("name: reviews,", "name: other,").replace("name: web", "name: wbe")
        + service("{name: http, port: 80, targetPort: web}"),
        POD + POD.replace("name: reviews,", "name: other,")
        + service("{name: http, port: 80, targetPort: web}"),
        "unknown-target-port", "spec.ports[0]",
    ),
    "an address as another name": (
        alias(9080).replace("reviews.default.svc.cluster.local", "10.1.2.3"), alias(9080),
        "invalid-host", "spec.externalName",
    ),
    "a port that the alias's target lacks": (
        alias(80), alias(9080), "dangling-port", "spec.ports[0]",
    ),
    "several ports, and none that callers call": (
        POD + SERVICE + service(TWO_PORTS) + rule_to("{host: one}"),
        POD + SERVICE + service(TWO_PORTS) + rule_to("{host: one, port: {number: 81}}"),
        "dangling-port", "spec.http[0].route[0]",
    ),
    "several ports, and not the one that callers call": (
        POD + SERVICE + service(TWO_PORTS) + rule_to("{host: one}"),
        POD + SERVICE + service(TWO_PORTS.replace("81", "9080")) + rule_to("{host: one}"),
        "dangling-port", "spec.http[0].route[0]",
    ),
    "one destination twice": (
        rule(f"route: [{ONE % ', weight: 30'}, {ONE % ', weight: 70'}]"),
        rule(f"route: [{ONE % ', weight: 30'}, "
             "{destination: {host: reviews}, weight: 70, headers: {request: {set: {a: b}}}}]"),
        "duplicate-destination", "spec.http[0].route[1]",
    ),
    "a share of an only destination": (
        rule(f"route: [{ONE % ', weight: 30'}]"), rule(f"route: [{ONE % ', weight: 100'}]"),
        "no-effect", "spec.http[0].route[0].weight",
    ),
    "a subset without labels": (
        SERVICE + istio("DestinationRule", SUBSETS % ""),
        SERVICE + istio("DestinationRule", SUBSETS % ", labels: {app: reviews}"),
        "no-effect", "spec.subsets[0]",
    ),
    "a pod as the proxy's user": (
        deployment(spec=f"{USER % 1337}, "), deployment(spec=f"{USER % 1338}, "),
        "proxy-user", "spec.template.spec.securityContext.runAsUser",
    ),
    "a container as the proxy's user": (
        deployment(container=f", {USER % 1337}"), deployment(container=f", {USER % 1}"),
        "proxy-user", "spec.template.spec.containers[0].securityContext.runAsUser",
    ),
    "a word on the workload instead of its pods": (
        deployment(meta=f", annotations: {INJECT}"),
        deployment(template=f", annotations: {INJECT}"),
        "misplaced-annotation", 'metadata.annotations["sidecar.istio.io/inject"]',
    ),
    "an identity asked for on the workload instead of its pods": (
        deployment(meta=", annotations: {gossamer.dev/workload-api: 'true'}"),
        deployment(template=", annotations: {gossamer.dev/workload-api: 'true'}"),
        "misplaced-annotation", 'metadata.annotations["gossamer.dev/workload-api"]',
    ),
    "a misspelt word of a pod": (
        deployment(template=", annotations: {traffic.sidecar.istio.io/excludeInboundPort: '80'}"),
        deployment(template=", annotations: {traffic.sidecar.istio.io/excludeInboundPorts: '80'}"),
        "unknown-annotation",
        'spec.template.metadata.annotations["traffic.sidecar.istio.io/excludeInboundPort"]',
    ),
    "a namespace's word on a pod": (
        deployment(template=", annotations: {istio-injection: enabled}"),
        namespace("labels: {istio-injection: enabled}"),
        "misplaced-annotation", "spec.template.metadata.annotations.istio-injection",
    ),
    "a label as an annotation": (
        namespace("annotations: {istio-injection: enabled}"),
        namespace("labels: {istio-injection: enabled}"),
        "misplaced-annotation", "metadata.annotations.istio-injection",
    ),
    "two labels that exclude each other": (
        namespace("labels: {istio-injection: enabled, istio.io/rev: a}"),
        namespace("labels: {istio.io/rev: a}"),
        "no-effect", 'metadata.labels["istio.io/rev"]',
    ),
    "a proxy where the namespace has none": (
        namespace("labels: {istio-injection: disabled}") + "---" + in_shop(labelled(ASKED)),
        namespace("labels: {istio-injection: enabled}") + "---" + in_shop(labelled(ASKED)),
        "no-effect", 'spec.template.metadata.labels["sidecar.istio.io/inject"]',
    ),
    "a proxy by an annotation where the namespace has none": (
        namespace("labels: {istio-injection: disabled}") + "---" + in_shop(annotated(ASKED)),
        namespace("labels: {a: b}") + "---" + in_shop(annotated(ASKED)),
        "no-effect", 'spec.template.metadata.annotations["sidecar.istio.io/inject"]',
    ),
    "a pod's own settings of its proxy": (
        annotated("proxy.istio.io/config: 'concurrency: 2'"), annotated(ASKED),
        "unsupported-field", 'spec.template.metadata.annotations["proxy.istio.io/config"]',
    ),
    "an old annotation": (
        annotated(ASKED), labelled(ASKED),
        "deprecated-annotation", 'spec.template.metadata.annotations["sidecar.istio.io/inject"]',
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TOLD)
def test_the_mistake_is_told_and_its_neighbour_is_not(name: str) -> None:
    """Once, by its code, at its field."""
    wrong, right, code, field = TOLD[name]
    assert [each.origin.field for each in analyzed(wrong) if each.code == code] == [field]
    assert code not in {each.code for each in analyzed(right)}


def test_services_of_clashing_protocols_are_both_told() -> None:
    """One port of a pod is HTTP to one and bytes to the other."""
    told = [each for each in analyzed(clash("tcp-web")) if each.code == "clashing-protocols"]
    assert sorted(each.origin.object.name for each in told) == ["one", "two"]


@pytest.mark.parametrize("name", ["http-two", "grpc", "http2"])
def test_kinds_of_http_do_not_clash(name: str) -> None:
    """All of them are HTTP to the proxy."""
    assert "clashing-protocols" not in {each.code for each in analyzed(clash(name))}


def test_a_proxy_may_run_as_itself() -> None:
    """A gateway's pod, which has nothing but the proxy, is as Istio writes it."""
    text = deployment(spec=f"{USER % 1337}, ").replace("image: curlimages/curl", "image: auto")
    assert "proxy-user" not in {each.code for each in analyzed(text)}


def test_pods_without_declared_ports_may_listen_anywhere() -> None:
    """To declare a container's ports is not asked of anybody."""
    pod = POD.replace(", ports: [{name: web, containerPort: 8080}]", "")
    text = pod + service("{name: http, port: 80, targetPort: 9999}")
    assert "unknown-target-port" not in {each.code for each in analyzed(text)}


@pytest.mark.parametrize(
    "word",
    [
        "sidecar.istio.io/statsFlushInterval",
        "sidecar.istio.io/statsHistogramBins",
        "sidecar.istio.io/statsEvictionInterval",
        "istio.io/reroute-virtual-interfaces",
    ],
)
def test_words_of_recent_releases_are_known(word: str) -> None:
    """What Istio's reference lists for a pod is neither unknown nor misplaced on one."""
    said = analyzed(deployment(template=f", annotations: {{{word}: '1'}}"))
    assert not {"unknown-annotation", "misplaced-annotation"} & {each.code for each in said}


@pytest.mark.parametrize(
    "word",
    [
        "istio.io/use-waypoint-canary",
        "istio.io/use-waypoint-canary-namespace",
        "istio.io/use-waypoint-canary-weight",
    ],
)
def test_words_of_recent_releases_are_known_on_namespaces(word: str) -> None:
    """What Istio's reference lists for a Namespace is neither unknown nor misplaced on one."""
    said = analyzed(namespace(f"labels: {{{word}: a}}"))
    assert not {"unknown-annotation", "misplaced-annotation"} & {each.code for each in said}


@pytest.mark.parametrize(
    ("word", "wrong", "right"),
    [
        ("sidecar.istio.io/inject", "ture", "True"),
        ("traffic.sidecar.istio.io/excludeInboundPorts", "80;81", "80, 81"),
        ("traffic.sidecar.istio.io/excludeInboundPorts", "*", ""),
        ("traffic.sidecar.istio.io/includeInboundPorts", "all", "*"),
        ("traffic.sidecar.istio.io/excludeOutboundPorts", "70000", "7000"),
        ("traffic.sidecar.istio.io/includeOutboundIPRanges", "10.0.0.0/8/9", "10.0.0.1/8,fd00::/8"),
        ("sidecar.istio.io/interceptionMode", "REDIRCT", "TPROXY"),
        ("sidecar.istio.io/rewriteAppHTTPProbers", "yes please", "true"),
        ("readiness.status.sidecar.istio.io/periodSeconds", "2s", "2"),
        ("status.sidecar.istio.io/port", "status", "15020"),
        ("sidecar.istio.io/logLevel", "verbose", "debug"),
        ("gossamer.dev/workload-api", "yes", "true"),
    ],
)
def test_a_value_that_its_word_does_not_take_is_told(word: str, wrong: str, right: str) -> None:
    """At the annotation, and its neighbour is not."""
    field = f'spec.template.metadata.annotations["{word}"]'
    for value, fields in ((wrong, [field]), (right, [])):
        said = analyzed(deployment(template=f", annotations: {{{word}: '{value}'}}"))
        assert [each.origin.field for each in said if each.code == "invalid-annotation"] == fields
