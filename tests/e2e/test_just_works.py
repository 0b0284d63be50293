"""Services with no mesh configuration at all: they work, with mutual TLS, whatever they speak."""

from __future__ import annotations

import json
import re

import pytest

from tests.e2e.lab_under_test import Lab, until

pytestmark = pytest.mark.e2e


def deployment(name: str, image: str, port: int, more: str = "", annotations: str = "{}") -> str:
    return f"""
apiVersion: v1
kind: ServiceAccount
metadata: {{name: {name}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata:
      labels: {{app: {name}}}
      annotations: {annotations}
    spec:
      serviceAccountName: {name}
      containers:
      - name: {name}
        image: {image}
        ports: [{{containerPort: {port}}}]
        {more}
---
"""


def service(name: str, port: int, target: int, port_name: str) -> str:
    return f"""
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec:
  selector: {{app: {name}}}
  ports: [{{name: {port_name}, port: {port}, targetPort: {target}}}]
---
"""


PROBED = """
        readinessProbe: {httpGet: {path: /status/200, port: 8080}, periodSeconds: 1}
        livenessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}
"""
UNMESHED = '{sidecar.istio.io/inject: "false"}'

MANIFESTS = "".join(
    (
        deployment("web", "docker.io/mccutchen/go-httpbin:v2.15.0", 8080, PROBED.strip()),
        service("web", 80, 8080, "http"),
        deployment("bare", "docker.io/mccutchen/go-httpbin:v2.15.0", 8080, annotations=UNMESHED),
        service("bare", 80, 8080, "http"),
        deployment("greeter", "paymentservice", 50051),
        service("greeter", 50051, 50051, "grpc"),
        deployment(
            "echo", "registry.istio.io/release/tcp-echo-server:1.3", 9000, 'args: ["9000", "hello"]'
        ),
        service("echo", 9000, 9000, "tcp"),
        deployment(
            "client", "docker.io/curlimages/curl:8.16.0", 1, 'command: ["/bin/sleep", "infinity"]'
        ),
        deployment(
            "outsider",
            "docker.io/curlimages/curl:8.16.0",
            1,
            'command: ["/bin/sleep", "infinity"]',
            annotations=UNMESHED,
        ),
    )
)

STRICT = """
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: strict}
spec:
  selector: {matchLabels: {app: web}}
  mtls: {mode: STRICT}
"""


@pytest.fixture(scope="module")
def mesh(lab: Lab) -> Lab:
    """A few services that nobody configured anything for."""
    lab.home.mkdir(exist_ok=True)
    path = lab.home / "mesh.yaml"
    path.write_text(MANIFESTS)
    shape = lab.up(path)
    assert all(pod["ready"] for pod in shape["pods"]), shape
    return lab


def test_the_callers_identity_arrives(mesh: Lab) -> None:
    """A call goes through both proxies with mutual TLS; the server learns the SPIFFE id."""
    headers = json.loads(mesh.curl("deploy/client", "http://web/headers"))["headers"]
    (certificate,) = headers["X-Forwarded-Client-Cert"]
    assert "URI=spiffe://cluster.local/ns/default/sa/client" in certificate
    assert "By=spiffe://cluster.local/ns/default/sa/web" in certificate


def test_a_pod_without_a_proxy_is_reached_in_plaintext(mesh: Lab) -> None:
    """Gradual adoption, outward: a meshed client reaches a service that has no proxy."""
    headers = json.loads(mesh.curl("deploy/client", "http://bare/headers"))["headers"]
    assert "X-Forwarded-Client-Cert" not in headers


def test_a_pod_without_a_proxy_reaches_the_mesh(mesh: Lab) -> None:
    """Gradual adoption, inward: an unmeshed client calls a meshed service by its name."""
    headers = json.loads(mesh.curl("deploy/outsider", "http://web/headers"))["headers"]
    assert "X-Forwarded-Client-Cert" not in headers


def test_a_client_cannot_lie_about_who_it_is(mesh: Lab) -> None:
    """A forged X-Forwarded-Client-Cert is replaced by what the handshake proved."""
    lie = "X-Forwarded-Client-Cert: URI=spiffe://cluster.local/ns/default/sa/admin"
    for pod in ("deploy/client", "deploy/outsider"):
        answer = mesh.curl(pod, "http://web/headers", "-H", lie)
        assert "sa/admin" not in answer


def test_http2_and_grpc_are_carried(mesh: Lab) -> None:
    """gRPC by port name: a health check passes both proxies as HTTP/2."""
    done = mesh.exec("deploy/client", "grpc-call", "greeter:50051", "grpc.health.v1.Health/Check")
    assert "SERVING" in done.stdout


def test_websockets_are_carried(mesh: Lab) -> None:
    """An upgrade passes both proxies and both directions of it work."""
    python = mesh.command()[0]
    words = (python, "-m", "gossamer.apps", "ws-call", "ws://web/websocket/echo", "one", "two")
    assert mesh.exec("deploy/client", *words).stdout.split() == ["one", "two"]


def test_tcp_is_carried(mesh: Lab) -> None:
    """A TCP service by port name answers through both proxies."""
    done = mesh.exec("deploy/client", "tcp-client", "echo:9000", "world")
    assert done.stdout.strip() == "hello world"


def test_pods_are_reached_by_their_addresses(mesh: Lab) -> None:
    """A pod called by its IP is a call inside the mesh, fetched on demand by its address."""
    address = next(p["ip"] for p in mesh.json("get", "pods") if p["workload"] == "web")
    assert mesh.status_of("deploy/client", f"http://{address}:8080/headers") == 200
    clusters = {row["name"] for row in mesh.json("proxy", "clusters", "deploy/client")}
    assert f"tcp|{address}:8080" in clusters


def test_a_service_calls_itself(mesh: Lab) -> None:
    """A pod that calls its own service gets its own answer."""
    assert mesh.status_of("deploy/web", "http://web/status/204") == 204


def test_an_unknown_name_does_not_resolve(mesh: Lab) -> None:
    """curl's exit status 6, at once, and not a hanging call."""
    done = mesh.exec("deploy/client", "curl", "-s", "-m", "5", "http://nobody/", ok=False)
    assert done.returncode == 6


def test_strict_refuses_plaintext_and_probes_go_on(mesh: Lab) -> None:
    """PeerAuthentication STRICT: callers without an identity are refused, meshed ones are not,
    and the kubelet's part, the probes, still pass."""
    mesh.apply(STRICT)
    until(lambda: mesh.status_of("deploy/outsider", "http://web/headers") == 0)
    assert mesh.status_of("deploy/client", "http://web/headers") == 200
    pods = [pod for pod in mesh.json("get", "pods") if pod["workload"] == "web"]
    assert [pod["ready"] for pod in pods] == [True]
    assert [each["restarts"] for pod in pods for each in pod["containers"]] == [0]
    mesh.delete(STRICT)
    until(lambda: mesh.status_of("deploy/outsider", "http://web/headers") == 200)


def test_access_logs_tell_both_sides(mesh: Lab) -> None:
    """The caller's log names the cluster it chose, the receiver's the inbound one."""
    mesh.curl("deploy/client", "http://web/anything/logged")

    def logged(pod: str, cluster: str) -> bool:
        text = mesh.run("logs", pod, "--proxy", "--name", mesh.name).stdout
        return bool(re.search(f"GET /anything/logged .*{re.escape(cluster)}", text))

    until(lambda: logged("deploy/client", "outbound|80||web.default.svc.cluster.local"))
    until(lambda: logged("deploy/web", "inbound|8080||"))


def test_exit_status_and_input_pass_through_exec(mesh: Lab) -> None:
    """`exec` is the command itself: its exit status is the caller's."""
    assert mesh.exec("deploy/client", "sh", "-c", "exit 37", ok=False).returncode == 37


def test_an_application_holds_no_power_over_its_world(mesh: Lab) -> None:
    """No capability and no way to get one: it cannot mark packets past its proxy."""
    status = mesh.exec("deploy/client", "cat", "/proc/self/status").stdout
    assert re.search(r"CapEff:\s+0+\n", status)
    assert re.search(r"NoNewPrivs:\s+1\n", status)


def test_a_plan_knows_the_pods_that_come_with_the_files(mesh: Lab) -> None:
    """A Service and its workload in one file: the calls are served, and so it then happens."""
    text = deployment("late", "docker.io/mccutchen/go-httpbin:v2.15.0", 8080)
    text += service("late", 80, 8080, "http")
    path = mesh.home / "late.yaml"
    path.write_text(text)
    told = mesh.json("plan", "-f", str(path))
    (workload,) = told["workloads"]
    assert (workload["kind"], workload["name"], workload["stops"]) == ("Deployment", "late", [])
    calls = [each for each in told["calls"] if each["call"].startswith("GET http://late.")]
    assert calls
    for call in calls:
        assert call["before"] == "unresolved"
        assert "503" not in call["after"]
    mesh.apply(text)
    until(lambda: mesh.status_of("deploy/client", "http://late/headers") == 200)
    late = [pod for pod in mesh.json("get", "pods") if pod["workload"] == "late"]
    assert [f"{pod['namespace']}/{pod['name']}" for pod in late] == workload["starts"]


def test_a_plan_knows_the_pods_that_go(mesh: Lab) -> None:
    """Scaled to nothing by a file: the pod is named, and its callers would be status 503."""
    (kept,) = [pod["name"] for pod in mesh.json("get", "pods") if pod["workload"] == "web"]
    path = mesh.home / "none.yaml"
    path.write_text(
        deployment("web", "docker.io/mccutchen/go-httpbin:v2.15.0", 8080, PROBED.strip()).replace(
            "spec:\n  selector", "spec:\n  replicas: 0\n  selector", 1
        )
    )
    told = mesh.json("plan", "-f", str(path))
    (workload,) = told["workloads"]
    assert workload["stops"] == [f"default/{kept}"]
    assert any("status 503" in call["after"] for call in told["calls"]), told["calls"]
    assert mesh.status_of("deploy/client", "http://web/headers") == 200
