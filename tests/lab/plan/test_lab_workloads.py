"""Which pods a lab makes of documents."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gossamer.lab.plan.fronts import arrival_port
from gossamer.lab.plan.pod.command import LabSettings
from gossamer.lab.plan.pod.pod import ContainerPort
from gossamer.lab.plan.workloads import Plan, plan_pods
from tests.lab.plan.documents_of import CORPUS, documents_of

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      containers:
      - {name: app, image: "web:1", command: [/bin/web], ports: [{containerPort: 8080, name: http}]}
"""


def planned(text: str, **settings: Any) -> Plan:
    """The plan of `text` on a machine that has every program."""
    return plan_pods(documents_of(text), LabSettings(runs_here=lambda program: True, **settings))


def test_names_are_the_same_at_every_start() -> None:
    """Pod names depend on the lab and the files, on nothing else."""
    first, again = planned(DEPLOYMENT).pods, planned(DEPLOYMENT).pods
    assert first == again
    assert [pod.name.rsplit("-", 1)[0] for pod in first] == [f"web-{first[0].template}"] * 2
    assert len({pod.name for pod in first}) == 2
    assert {pod.name for pod in planned(DEPLOYMENT, lab="other").pods}.isdisjoint(
        pod.name for pod in first
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [("web:1", "web:2"), ("{app: web}", "{app: web, tier: front}"), ("/bin/web]", "/bin/w]")],
)
def test_a_changed_template_makes_other_pods(old: str, new: str) -> None:
    """Image, labels and command change the pods; the old names are gone."""
    before = {pod.key for pod in planned(DEPLOYMENT).pods}
    after = {pod.key for pod in planned(DEPLOYMENT.replace(old, new)).pods}
    assert before.isdisjoint(after)


def test_scaling_keeps_the_pods_that_stay() -> None:
    """More replicas add pods and rename none."""
    two = {pod.key for pod in planned(DEPLOYMENT).pods}
    three = {pod.key for pod in planned(DEPLOYMENT.replace("replicas: 2", "replicas: 3")).pods}
    assert two < three
    assert len(three) == 3


def test_a_pod_knows_its_workload_account_and_hash() -> None:
    """What identity and routing need is in the plan."""
    pod = planned(DEPLOYMENT).pods[0]
    assert (pod.namespace, pod.workload, pod.service_account) == ("shop", "web", "web")
    assert pod.labels == {"app": "web", "pod-template-hash": pod.template}
    assert pod.ports[0].number == 8080
    assert pod.injected


@pytest.mark.parametrize(
    "text",
    [
        DEPLOYMENT.replace("{app: web}", '{app: web, sidecar.istio.io/inject: "false"}'),
        DEPLOYMENT
        + "---\n{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: "
        + "{istio-injection: disabled}}}",
        DEPLOYMENT.replace("serviceAccountName: web", "hostNetwork: true"),
    ],
)
def test_a_no_anywhere_keeps_the_proxy_away(text: str) -> None:
    """Injection is the lab's default, and the usual words switch it off."""
    assert not any(pod.injected for pod in planned(text).pods)


def test_an_image_that_nothing_can_run_is_named_with_its_remedies() -> None:
    """The author learns the image, the annotation and lab.yaml."""
    plan = plan_pods(documents_of(DEPLOYMENT), LabSettings())
    assert plan.pods[0].containers[0].argv is None
    assert "web:1" in plan.findings[0].message
    assert "gossamer.dev/run" in plan.findings[0].remedy
    assert "lab.yaml" in plan.findings[0].remedy


def test_stateful_pods_are_numbered() -> None:
    """A StatefulSet's pods have stable names and a name in their service's domain."""
    text = DEPLOYMENT.replace("Deployment", "StatefulSet").replace(
        "replicas: 2", "replicas: 2\n  serviceName: web-headless"
    )
    plan = planned(text)
    assert [pod.name for pod in plan.pods] == ["web-0", "web-1"]
    assert [pod.hostname for pod in plan.pods] == ["web-0", "web-1"]
    assert plan.pods[0].subdomain == "web-headless"


def test_an_istio_gateway_without_pods_gets_one() -> None:
    """Two Gateways with one selector share one pod of Envoy alone."""
    gateway = """
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: %s}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: %d, name: http, protocol: HTTP}, hosts: ["*"]}]
"""
    plan = planned(gateway % ("one", 80) + "---" + gateway % ("two", 8080))
    (pod,) = plan.pods
    assert pod.gateway
    assert not pod.injected
    assert (pod.namespace, pod.workload) == ("istio-system", "ingressgateway")
    assert pod.stand_in
    assert pod.labels["istio"] == "ingressgateway"
    assert pod.containers == ()


def test_a_stand_in_runs_where_its_service_is() -> None:
    """A Service that selects it says where people's own gateway would run, and where it takes
    the port; the lab's door leads there."""
    text = """
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: one}
spec:
  selector: {istio: gate}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]
---
apiVersion: v1
kind: Service
metadata: {name: gate, namespace: edge}
spec:
  selector: {istio: gate}
  ports: [{port: 80, targetPort: 8080}, {port: 81, targetPort: web}, {port: 82}]
"""
    (pod,) = planned(text).pods
    assert pod.namespace == "edge"
    ported = replace(pod, gateway_ports=(ContainerPort(8081, "web", "HTTP"),))
    arrivals = [arrival_port(documents_of(text), ported, port) for port in (80, 81, 82, 83)]
    assert arrivals == [8080, 8081, 82, 83]


def test_a_gateway_that_has_pods_gets_no_more() -> None:
    """A Deployment of the proxy image, in any namespace, serves the selector."""
    text = DEPLOYMENT.replace("{app: web}", "{istio: ingressgateway}").replace("web:1", "auto")
    gateway = """
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: one}
spec: {selector: {istio: ingressgateway}, servers: [{port: {number: 80}}]}
"""
    plan = planned(text + gateway)
    assert [pod.workload for pod in plan.pods] == ["web", "web"]
    assert all(pod.gateway and not pod.containers for pod in plan.pods)


def test_a_gateway_api_gateway_is_named_as_the_field_does() -> None:
    """Workload and account are `NAME-CLASS`."""
    plan = planned(
        "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: edge}, "
        "spec: {gatewayClassName: istio, listeners: [{name: http, port: 80, protocol: HTTP}]}}"
    )
    (pod,) = plan.pods
    assert (pod.workload, pod.service_account) == ("edge-istio", "edge-istio")
    assert pod.labels["gateway.networking.k8s.io/gateway-name"] == "edge"


def test_bookinfo_as_istio_ships_it() -> None:
    """The unmodified sample becomes its six workloads."""
    source = CORPUS / "istio-samples/bookinfo/platform/bookinfo.yaml"
    if not source.exists():
        pytest.skip("the corpus of Istio's samples is not beside the repository")
    plan = planned(source.read_text())
    assert sorted(pod.workload for pod in plan.pods) == [
        "details-v1",
        "productpage-v1",
        "ratings-v1",
        "reviews-v1",
        "reviews-v2",
        "reviews-v3",
    ]


BESIDE = """
apiVersion: v1
kind: Pod
metadata: {name: two, annotations: {%s}}
spec:
  initContainers: [{name: shipper, image: x, restartPolicy: Always, command: [sleep]}]
  containers:
  - {name: a, image: nobody/a}
  - {name: b, image: nobody/b, args: [--verbose]}
"""


@pytest.mark.parametrize(
    ("annotation", "container"),
    [
        ("", "a"),
        ("kubectl.kubernetes.io/default-container: b", "b"),
        ("kubectl.kubernetes.io/default-container: gone", "a"),
    ],
)
def test_the_container_that_is_meant_by_the_pod(annotation: str, container: str) -> None:
    """The annotation's, where there is one of that name; else the first of `containers`."""
    (pod,) = planned(BESIDE % annotation).pods
    assert pod.default_container == container


def test_each_image_without_a_command_is_told_at_its_container() -> None:
    """Author, container and line are named; arguments alone are no command."""
    found = [f for f in planned(BESIDE % "").findings if f.code == "no-local-command"]
    assert [(f.origin.field, f.message) for f in found] == [
        ("spec.containers[0].image", "no local command for image 'nobody/a' of container 'a'"),
        ("spec.containers[1].image", "no local command for image 'nobody/b' of container 'b'"),
    ]


def test_claims_of_a_stateful_set_are_volumes() -> None:
    """Each pod has the volumes that `volumeClaimTemplates` name; a remark says what they are."""
    plan = planned(
        """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  template: {spec: {containers: [{name: db, image: x, command: [db]}]}}
  volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce]}}]
"""
    )
    assert [volume.name for volume in plan.pods[0].volumes] == ["data"]
    assert [(f.origin.field, f.code) for f in plan.findings] == [
        ("spec.volumeClaimTemplates[0]", "volume-imitated")
    ]
