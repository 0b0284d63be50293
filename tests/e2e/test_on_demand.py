"""A proxy holds what its workload uses, from the first call on, and nothing else."""

from __future__ import annotations

import pytest

from tests.e2e.failures import ask, plane, pushed, whole
from tests.e2e.lab_under_test import Lab, until
from tests.e2e.small_mesh import CLIENT, WORKLOAD, service, workload

pytestmark = pytest.mark.e2e

ECHO = WORKLOAD.format(
    name="echo",
    app="echo",
    version="v1",
    replicas=1,
    image="registry.istio.io/release/tcp-echo-server:1.3",
    more='args: ["9000", "hello"]\n        ports: [{containerPort: 9000}]',
)
CALLERS = "".join(CLIENT.replace("client", name) for name in ("client", "quiet", "tcp"))
SERVICES = ("a", "b", "c")
MESH = (
    CALLERS
    + "".join(workload(name) + service(name) for name in SERVICES)
    + ECHO
    + service("echo", 9000, 9000, "tcp")
)
HOSTS_ASKED = 200


def route(host: str, marker: str) -> str:
    """A route that marks its answers."""
    return f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: {host}}}
spec:
  hosts: [{host}]
  http:
  - headers: {{response: {{set: {{x-marker: "{marker}"}}}}}}
    route: [{{destination: {{host: {host}}}}}]
"""


@pytest.fixture(scope="module")
def mesh(lab: Lab) -> Lab:
    """Three callers and some services that nobody called yet."""
    lab.up_text(MESH)
    return lab


def outbound(lab: Lab, workload_: str) -> set[str]:
    """The outbound clusters that a workload's Envoy has."""
    rows = lab.json("proxy", "clusters", f"deploy/{workload_}")
    return {row["name"] for row in rows if row["name"].startswith(("outbound|", "tcp|"))}


def cluster(name: str, port: int = 80) -> str:
    return f"outbound|{port}||{name}.default.svc.cluster.local"


def pod_of(lab: Lab, workload_: str) -> str:
    """The only pod of a workload, by NAMESPACE/NAME."""
    rows = ask(lab, "agent", {"op": "status"})["proxies"]
    (found,) = [r["pod"] for r in rows if r["workload"] == f"default/{workload_}"]
    return str(found)


def sent_to(lab: Lab, pod: str, part: str = "plane") -> int:
    """How many resources a proxy was sent so far."""
    return sum(count for (client, _), count in pushed(lab, part).items() if client == pod)


def calls(lab: Lab, workload_: str, url: str) -> int:
    return lab.status_of(f"deploy/{workload_}", url)


def test_a_fresh_sidecar_has_no_outbound_cluster(mesh: Lab) -> None:
    """However large the mesh: nobody has called, so nobody was told."""
    for workload_ in ("client", "quiet", *SERVICES):
        assert outbound(mesh, workload_) == set()


def test_the_first_call_brings_exactly_its_host(mesh: Lab) -> None:
    """One call, one cluster; the second call of it asks nobody."""
    assert calls(mesh, "client", "http://a/status/200") == 200
    assert outbound(mesh, "client") == {cluster("a")}
    until(lambda: whole(mesh))
    before = sent_to(mesh, pod_of(mesh, "client"))
    assert calls(mesh, "client", "http://a/status/200") == 200
    assert sent_to(mesh, pod_of(mesh, "client")) == before


def test_a_change_goes_to_those_who_hold_it(mesh: Lab) -> None:
    """A route and an endpoint of `a` change: its caller is told, nobody else hears a word."""
    assert calls(mesh, "client", "http://a/status/200") == 200
    until(lambda: whole(mesh))
    others = [pod_of(mesh, name) for name in ("quiet", "b", "c", "echo")]
    before = {pod: sent_to(mesh, pod) for pod in others}
    mine = sent_to(mesh, pod_of(mesh, "client"))
    mesh.apply(route("a", "changed"))
    until(lambda: "x-marker: changed" in mesh.curl("deploy/client", "http://a/get", "-D", "-"))
    told = sent_to(mesh, pod_of(mesh, "client")) - mine
    assert told == 1, told
    mesh.run("scale", "deploy/a", "--replicas", "2", "--name", mesh.name)
    until(lambda: len(endpoints(mesh, "a")) == 2)
    until(lambda: whole(mesh))
    assert {pod: sent_to(mesh, pod) for pod in others} == before


def endpoints(lab: Lab, name: str) -> set[str]:
    rows = lab.json("proxy", "endpoints", "deploy/client")
    return {row["address"] for row in rows if row["cluster"] == cluster(name)}


def test_a_change_nobody_holds_goes_to_nobody(mesh: Lab) -> None:
    """A route of a host that was never called costs no push at all."""
    until(lambda: whole(mesh))
    before = {k: n for k, n in pushed(mesh).items() if k[1] != "Names"}
    mesh.apply(route("c", "unheard"))
    until(lambda: plane(mesh).documents("VirtualService", "default", "c")["documents"])
    until(lambda: whole(mesh))
    assert {k: n for k, n in pushed(mesh).items() if k[1] != "Names"} == before


def test_names_stay_subscribed(mesh: Lab) -> None:
    """A deleted service fails at once; created again it works with the first call, unrequested."""
    address = next(
        each["addresses"][0]
        for each in plane(mesh).services()["services"]
        if each["host"] == "b.default.svc.cluster.local"
    )
    assert calls(mesh, "client", "http://b/status/200") == 200
    mesh.delete(service("b"))
    dialled = (
        "--resolve",
        f"b:80:{address}",
        "-o",
        "/dev/null",
        "-w",
        "%{http_code} %{time_total}",
    )

    def refused() -> bool:
        done = mesh.curl("deploy/client", "http://b/status/200", *dialled, ok=False).split()
        return done[0] in ("404", "503", "502") and float(done[1]) < 1

    until(refused)
    mesh.apply(service("b"))
    until(lambda: calls(mesh, "client", "http://b/status/200") == 200, 5)


def test_what_was_used_is_there_before_the_next_life_begins(mesh: Lab) -> None:
    """A restarted workload's new proxy has its clusters before anybody calls."""
    for name in ("a", "b"):
        assert calls(mesh, "client", f"http://{name}/status/200") == 200
    before = pod_of(mesh, "client")
    mesh.run("restart", "deploy/client", "--name", mesh.name)
    until(lambda: pod_of(mesh, "client") != before)
    until(lambda: whole(mesh) and ask(mesh, "holder", {"op": "pods"})["ready"])
    assert outbound(mesh, "client") == {cluster("a"), cluster("b")}
    asked = sent_to(mesh, pod_of(mesh, "client"))
    assert calls(mesh, "client", "http://a/status/200") == 200
    assert sent_to(mesh, pod_of(mesh, "client")) == asked


def test_tcp_is_fetched_on_demand(mesh: Lab) -> None:
    """A TCP service and a pod by its address: nothing before, one cluster each afterwards."""
    assert outbound(mesh, "tcp") == set()
    said = mesh.exec("deploy/tcp", "tcp-client", "echo:9000", "world").stdout
    assert said.strip() == "hello world"
    (first,) = outbound(mesh, "tcp")
    assert first in (cluster("echo", 9000), f"tcp|{vip(mesh, 'echo')}:9000")
    ip = next(p["ip"] for p in mesh.json("get", "pods") if p["workload"] == "echo")
    said = mesh.exec("deploy/tcp", "tcp-client", f"{ip}:9000", "again").stdout
    assert said.strip() == "hello again"
    assert outbound(mesh, "tcp") == {first, f"tcp|{ip}:9000"}


def vip(lab: Lab, name: str) -> str:
    host = f"{name}.default.svc.cluster.local"
    found = plane(lab).services()["services"]
    return str(next(each["addresses"][0] for each in found if each["host"] == host))


def test_a_caller_that_invents_hosts_harms_nobody(mesh: Lab) -> None:
    """Random Host headers go to the service that was dialled; all of them cost its proxy that one
    cluster and each a small host, the others nothing, and real hosts go on."""
    until(lambda: whole(mesh))
    before = {pod: sent_to(mesh, pod) for pod in (pod_of(mesh, "client"), pod_of(mesh, "tcp"))}
    script = (
        f"for i in $(seq {HOSTS_ASKED}); do "
        "curl -s -o /dev/null -m 5 -w '%{http_code}\\n' -H \"Host: made-up-$i\" http://a/get; done"
    )
    done = mesh.exec("deploy/quiet", "sh", "-c", script)
    assert set(done.stdout.split()) == {"200"}, done.stdout[:200]
    assert outbound(mesh, "quiet") == {cluster("a")}
    assert calls(mesh, "quiet", "http://b/status/200") == 200
    assert outbound(mesh, "quiet") == {cluster("a"), cluster("b")}
    until(lambda: whole(mesh))
    sent = pushed(mesh)[pod_of(mesh, "quiet"), "VirtualHost"]
    assert HOSTS_ASKED <= sent <= HOSTS_ASKED + 10
    assert {pod: sent_to(mesh, pod) for pod in before} == before
