"""Which Services a lab offers at 127.0.0.1, under which port and scheme."""

from __future__ import annotations

import pytest

from gossamer.lab.plan.access.published import PublishedPort, published_ports
from gossamer.lab.plan.pod.command import LabSettings
from gossamer.lab.plan.workloads import plan_pods
from tests.lab.plan.documents_of import documents_of

POD = """
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: {namespace}, labels: {{app: {name}}}}}
spec: {{containers: [{{name: app, image: x, ports: [{{name: web, containerPort: 3000}}]}}]}}
---
"""
SERVICE = """
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {namespace}, annotations: {{{annotations}}}}}
spec: {{selector: {{app: {name}}}, ports: [{ports}]{more}}}
---
"""
GATEWAY = """
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: door, namespace: default}
spec: {selector: {istio: gw}, servers: [{port: {number: 80, name: http, protocol: HTTP}}]}
---
"""


def app(
    name: str,
    ports: str = "{port: 80, targetPort: web}",
    more: str = "",
    namespace: str = "default",
    annotations: str = "",
) -> str:
    """A pod with a Service of its name."""
    words = {"name": name, "namespace": namespace, "annotations": annotations}
    return POD.format(**words) + SERVICE.format(ports=ports, more=more, **words)


def published(text: str) -> tuple[PublishedPort, ...]:
    """What is offered of the documents in `text`."""
    documents = documents_of(text)
    return published_ports(documents, plan_pods(documents, LabSettings()).pods)


def shown(text: str) -> list[tuple[str, int, str, int]]:
    return [(each.name, each.number, each.scheme, each.wanted) for each in published(text)]


BALANCED = ", type: LoadBalancer"


def test_load_balancers_and_node_ports_are_offered_and_others_are_not() -> None:
    """A NodePort's own number is the one that people know; a ClusterIP stays inside."""
    text = (
        app("a", more=BALANCED)
        + app("b", "{port: 80, nodePort: 30080}", ", type: NodePort")
        + app("c-web")
    )
    assert shown(text) == [("default/a", 80, "http", 80), ("default/b", 80, "http", 30080)]


def test_a_named_target_is_looked_up_in_the_pod() -> None:
    """targetPort may be a name, a number, or left out."""
    documents = documents_of(app("a", more=BALANCED) + app("b", "{port: 81}", BALANCED))
    plans = {pod.name: pod for pod in plan_pods(documents, LabSettings()).pods}
    named, plain = published_ports(documents, plans.values())
    assert named.target(plans["a"]) == 3000
    assert named.target(plans["b"]) is None
    assert plain.target(plans["b"]) == 81


@pytest.mark.parametrize(
    ("port", "scheme"),
    [
        ("{port: 80}", "http"),
        ("{port: 443}", "https"),
        ("{port: 5432}", "tcp"),
        ("{port: 3306}", "tcp"),
        ("{port: 9000, name: grpc-api}", "grpc"),
        ("{port: 9000, name: tcp-x}", "tcp"),
        ("{port: 6379, name: http}", "http"),
        ("{port: 8080, name: web, appProtocol: https}", "https"),
        ("{port: 5000, name: vote-service}", "http"),
    ],
)
def test_the_scheme_is_as_declared_or_as_the_number_suggests(port: str, scheme: str) -> None:
    """Nobody is sent to http:// for a database."""
    assert [each[2] for each in shown(app("a", port, BALANCED))] == [scheme]


def test_udp_is_not_offered() -> None:
    """The edge carries TCP alone."""
    ports = "{name: dns, port: 53, protocol: UDP}, {name: http, port: 80}"
    assert [each[1] for each in shown(app("a", ports, BALANCED))] == [80]


def test_where_nothing_is_opened_the_web_front_is() -> None:
    """Authors who use `kubectl port-forward` declare no way in: the front is found by name."""
    assert [each[0] for each in shown(app("shop-frontend") + app("cart"))] == [
        "default/shop-frontend"
    ]
    assert shown(app("cart") + app("orders")) == []
    assert [each[0] for each in shown(app("podinfo"))] == ["default/podinfo"]
    assert shown(app("web", more=", clusterIP: None")) == []


def test_a_front_is_looked_for_in_each_namespace_by_itself() -> None:
    """One application's load balancer says nothing of another's."""
    text = app("lb", more=BALANCED, namespace="one") + app("web", namespace="two")
    assert [each[0] for each in shown(text)] == ["one/lb", "two/web"]


def test_with_a_gateway_the_front_is_behind_it() -> None:
    """Who declares a Gateway has said what is open."""
    assert shown(GATEWAY + app("web")) == []


def test_services_of_gateways_and_of_nobody_are_left_out() -> None:
    """A gateway's ports are offered as its Gateways say; no pods, no address."""
    front = SERVICE.format(
        name="gw", namespace="istio-system", annotations="", ports="{port: 80}", more=BALANCED
    ).replace("app: gw", "istio: gw")
    alone = SERVICE.format(
        name="alone", namespace="default", annotations="", ports="{port: 80}", more=BALANCED
    )
    assert shown(GATEWAY + front + alone) == []


@pytest.mark.parametrize(("word", "count"), [('"true"', 1), ('"false"', 0), ('"maybe"', 0)])
def test_the_annotation_decides(word: str, count: int) -> None:
    """It offers what would stay inside, and withholds what would not."""
    annotation = f"gossamer.dev/publish: {word}"
    assert len(shown(GATEWAY + app("inner", annotations=annotation))) == count
    assert len(shown(app("lb", more=BALANCED, annotations='gossamer.dev/publish: "false"'))) == 0
