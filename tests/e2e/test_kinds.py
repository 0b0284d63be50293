"""Kubernetes' kinds mean in a lab what they mean in a cluster, and changes of them hurt nobody."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.failures import under_load
from tests.e2e.lab_under_test import Lab, answers, until
from tests.e2e.written import UNMESHED, deployment, service, sleeper

pytestmark = pytest.mark.e2e

KINDS = Path(__file__).parent / "kinds" / "kinds.yaml"
PROBED = """
readinessProbe: {httpGet: {path: /status/200, port: 8080}, periodSeconds: 1}
env: [{name: GENERATION, value: "%s"}]
"""
EXCLUDED = '{traffic.sidecar.istio.io/excludeOutboundPorts: "8080"}'
RANGED = '{traffic.sidecar.istio.io/includeOutboundIPRanges: "192.0.2.0/24"}'
OPEN = '{traffic.sidecar.istio.io/excludeInboundPorts: "8080"}'
EAGER = "{gossamer.dev/discovery: eager}"

PLACED = """
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: placed-1, labels: {{kubernetes.io/service-name: placed}}}}
addressType: IPv4
ports: [{{name: http, port: 8080}}]
endpoints: [{{addresses: ["{address}"]}}]
"""

STRICT = """
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default}
spec: {mtls: {mode: STRICT}}
"""


def web(generation: int = 1, replicas: int = 2) -> str:
    return deployment("web", container=PROBED % generation, replicas=replicas)


FAILING = """
apiVersion: v1
kind: Pod
metadata: {name: failing}
spec:
  initContainers: [{name: setup, image: x/y, command: [sh, -c, "echo no db; exit 3"]}]
  containers: [{name: web, image: x/y, command: [sleep, infinity]}]
"""


def everything() -> str:
    parts = [web(), service("web"), sleeper("client"), sleeper("outsider", UNMESHED)]
    parts += [sleeper("excluded", EXCLUDED), sleeper("ranged", RANGED), sleeper("eager", EAGER)]
    parts += [deployment("open", annotations=OPEN), service("open")]
    parts += [deployment("spare"), service("spare"), service("moved")]
    parts += [deployment("bylabel", labels='app: bylabel, sidecar.istio.io/inject: "false"')]
    return "".join(parts) + KINDS.read_text()


@pytest.fixture(scope="module")
def mesh(lab: Lab) -> Lab:
    """One of each kind."""
    lab.up_text(everything())
    return lab


def pods(lab: Lab, workload: str) -> list[dict[str, Any]]:
    return [pod for pod in lab.json("get", "pods") if pod["workload"] == workload]


def certificates(answer: str) -> list[str]:
    found: list[str] = json.loads(answer)["headers"].get("X-Forwarded-Client-Cert", [])
    return found


def test_each_pod_of_a_stateful_set_has_its_name(mesh: Lab) -> None:
    """`db-0.db` is the first pod and no other, with mutual TLS; `db` is one of them."""
    for number in (0, 1):
        words = ("cat", "/etc/hostname")
        assert mesh.exec(f"db-{number}", *words).stdout.strip() == f"db-{number}"
        url = f"http://db-{number}.db:8080/headers"
        (certificate,) = certificates(mesh.curl("deploy/client", url))
        assert "sa/client" in certificate
        assert mesh.status_of("deploy/outsider", url) == 200
    assert mesh.status_of("deploy/client", "http://db:8080/headers") == 200


def test_an_external_name_leads_where_it_says(mesh: Lab) -> None:
    """An alias of a service of the mesh is that service, for meshed and unmeshed callers."""
    (certificate,) = certificates(mesh.curl("deploy/client", "http://alias/headers"))
    assert "sa/client" in certificate
    assert mesh.status_of("deploy/outsider", "http://alias/headers") == 200


def test_a_jobs_proxy_ends_with_it(mesh: Lab) -> None:
    """The job's call goes through its proxy; when it is done nothing of it runs any more."""
    (pod,) = pods(mesh, "once")
    until(lambda: pods(mesh, "once")[0]["phase"] == "succeeded")
    assert "got 200" in mesh.run("logs", pod["name"], "--name", mesh.name).stdout
    until(lambda: "once" not in {p["workload"] for p in mesh.json("status")["proxies"]})


def test_a_pod_has_its_files_and_variables(mesh: Lab) -> None:
    """Init containers run first; maps, secrets and scratch space are mounted; variables come
    from maps, secrets, the pod itself and each other."""
    script = "cat /scratch/copied /maps/colour /secrets/word; echo; echo $SENTENCE $WORD $FROM_word"
    told = mesh.exec("furnished", "sh", "-c", script).stdout
    assert told == "hello from a mapgreensesame\nfurnished is green sesame sesame\n"


def test_a_claim_is_a_folder_of_the_pods_own(mesh: Lab) -> None:
    """What `volumeClaimTemplates` names is there, and each pod writes into one of its own."""
    mesh.exec("db-0", "sh", "-c", "echo mine > /var/lib/mydb/x")
    assert mesh.exec("db-0", "ls", "/var/lib/mydb").stdout.split() == ["x"]
    assert mesh.exec("db-1", "ls", "/var/lib/mydb").stdout.split() == []


def test_exec_and_logs_choose_the_first_of_the_containers(mesh: Lab) -> None:
    """A sidecar that starts first is not what people mean by the pod; it has its own name."""
    assert mesh.exec("beside", "sh", "-c", "echo $WHO").stdout == "main\n"
    assert mesh.run("logs", "beside", "--name", mesh.name).stdout == "I am main\n"
    assert mesh.run("logs", "beside", "-c", "shipper", "--name", mesh.name).stdout == ""


def test_a_failing_init_container_says_so(mesh: Lab) -> None:
    """`get pods` has its name, how it ended and how often; its log can be read."""
    mesh.apply(FAILING)
    try:
        until(lambda: "restarted 1 time" in pods(mesh, "failing")[0]["reason"])
        reason = pods(mesh, "failing")[0]["reason"]
        assert reason.startswith("init container 'setup': exited with status 3")
        words = ("logs", "failing", "-c", "setup", "--name", mesh.name)
        until(lambda: mesh.run(*words).stdout == "no db\n")
    finally:
        mesh.delete(FAILING)


def test_probes_of_every_kind_are_answered(mesh: Lab) -> None:
    """HTTP, TCP, gRPC and exec, under STRICT too: ready, and never restarted."""
    mesh.apply(STRICT)
    try:
        until(lambda: mesh.status_of("deploy/outsider", "http://web/get") == 0)
        (pod,) = pods(mesh, "probed")
        assert pod["ready"]
        assert [each["restarts"] for each in pod["containers"]] == [0, 0]
    finally:
        mesh.delete(STRICT)
    until(lambda: mesh.status_of("deploy/outsider", "http://web/get") == 200)


def test_a_service_without_a_selector_has_the_endpoints_it_is_given(mesh: Lab) -> None:
    """An EndpointSlice by hand: its address answers for the service, with and without proxy."""
    address = pods(mesh, "open")[0]["ip"]
    mesh.apply(PLACED.format(address=address))
    for pod in ("deploy/client", "deploy/outsider"):
        answers(mesh, pod, "http://placed/get", 200)


def test_ports_and_ranges_left_out_are_left_alone(mesh: Lab) -> None:
    """What annotations exclude goes out and comes in without a proxy on that side."""
    address = pods(mesh, "web")[0]["ip"]
    direct = f"http://{address}:8080/headers"
    assert certificates(mesh.curl("deploy/client", direct)) != []
    assert certificates(mesh.curl("deploy/excluded", direct)) == []
    assert certificates(mesh.curl("deploy/excluded", "http://web/headers")) != []
    assert certificates(mesh.curl("deploy/ranged", "http://web/headers")) == []
    # A port that its proxy does not take is called in plaintext, by whoever has a proxy too.
    assert certificates(mesh.curl("deploy/client", "http://open/headers")) == []
    mesh.apply(STRICT)
    until(lambda: mesh.status_of("deploy/outsider", "http://web/get") == 0)
    assert mesh.status_of("deploy/outsider", "http://open/get") == 200
    mesh.delete(STRICT)


def test_injection_is_chosen_by_label_or_annotation(mesh: Lab) -> None:
    """`sidecar.istio.io/inject` false means no proxy, wherever it is written; else there is one."""
    held = {proxy["workload"] for proxy in mesh.json("status")["proxies"]}
    assert {"default/web", "default/client"} <= held
    assert not {"default/outsider", "default/bylabel"} & held


def test_an_eager_proxy_holds_every_host(mesh: Lab) -> None:
    """By annotation a proxy has all that its namespace sees, before its first call."""
    names = {row["name"] for row in mesh.json("proxy", "clusters", "deploy/eager")}
    for host in ("web", "open", "db", "placed"):
        assert any(f"||{host}.default.svc" in name for name in names), names
    (certificate,) = certificates(mesh.curl("deploy/eager", "http://web/headers"))
    assert "sa/eager" in certificate


def test_changes_of_a_deployment_hurt_nobody(mesh: Lab) -> None:
    """New environment, more and fewer replicas, a restart and a deleted pod under load: pods
    come before others go, and no request fails."""
    with under_load(mesh, "deploy/client", "http://web/status/200") as load:
        first = {pod["name"] for pod in pods(mesh, "web")}
        mesh.apply(web(generation=2))
        second = until(lambda: settled(mesh, 2, first))
        pod = min(second)
        assert mesh.exec(pod, "sh", "-c", "echo $GENERATION").stdout.strip() == "2"
        mesh.apply(web(generation=2, replicas=3))
        until(lambda: settled(mesh, 3))
        mesh.run("scale", "deploy/web", "--replicas", "2", "--name", mesh.name)
        until(lambda: settled(mesh, 2))
        mesh.run("restart", "deploy/web", "--name", mesh.name)
        until(lambda: settled(mesh, 2, second))
        mesh.run("delete", "pod", min(names(mesh)), "--name", mesh.name)
        until(lambda: settled(mesh, 2))
    load.assert_whole()


def names(lab: Lab) -> set[str]:
    return {pod["name"] for pod in pods(lab, "web")}


def settled(lab: Lab, count: int, gone: set[str] = frozenset()) -> set[str]:  # type: ignore[assignment]
    """The names of the pods, once there are so many ready ones, and none of those `gone`."""
    found = pods(lab, "web")
    ready = {pod["name"] for pod in found if pod["ready"]}
    return ready if len(ready) == len(found) == count and not ready & gone else set()


def test_scaled_to_nothing_and_back(mesh: Lab) -> None:
    """Without pods a call fails with status 503 at once; with pods it works again."""
    assert mesh.status_of("deploy/client", "http://spare/get") == 200
    mesh.run("scale", "deploy/spare", "--replicas", "0", "--name", mesh.name)
    until(lambda: not pods(mesh, "spare"))
    until(lambda: mesh.status_of("deploy/client", "http://spare/get") == 503)
    mesh.run("scale", "deploy/spare", "--replicas", "1", "--name", mesh.name)
    until(lambda: mesh.status_of("deploy/client", "http://spare/get") == 200)


def test_new_labels_move_a_pod_between_services(mesh: Lab) -> None:
    """A changed label in the template makes other pods, and services follow them."""
    moved = deployment("spare", labels="app: moved")
    mesh.apply(moved.replace("matchLabels: {app: spare}", "matchLabels: {app: moved}"))
    until(lambda: mesh.status_of("deploy/client", "http://moved/get") == 200)
    until(lambda: mesh.status_of("deploy/client", "http://spare/get") == 503)


def test_another_image_is_another_application(mesh: Lab) -> None:
    """A changed image replaces the pods by ones that run it."""
    args = 'args: ["-text=changed", "-listen=:8080"]'
    mesh.apply(deployment("open", "hashicorp/http-echo:1.0", annotations=OPEN, container=args))
    until(lambda: mesh.curl("deploy/client", "http://open/") == "changed\n")
