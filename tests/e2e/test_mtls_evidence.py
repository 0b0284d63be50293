"""STRICT as a decision on evidence: who still calls in plaintext is known before and after.

One lab: a web (HTTP and a greeting-less echo), a caller with a proxy, one without, and a job that
ran and went.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.failures import kill_and_await, undisturbed
from tests.e2e.lab_under_test import Lab, until
from tests.e2e.small_mesh import PROBED
from tests.e2e.written import CURL, UNMESHED, deployment, service, sleeper

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

URL = "http://web/status/200"
HOST = "web.default.svc.cluster.local"
ECHO = "docker.io/istio/tcp-echo-server:1.3"

JOB = f"""
apiVersion: batch/v1
kind: Job
metadata: {{name: nightly}}
spec:
  template:
    metadata: {{labels: {{app: nightly}}, annotations: {UNMESHED}}}
    spec:
      restartPolicy: OnFailure
      containers:
      - name: nightly
        image: {CURL}
        command: [curl, -sf, -o, /dev/null, "{URL}"]
---
"""
SHOP = (
    deployment("web", container=PROBED)
    + service("web")
    + deployment("echo", ECHO, 9000)
    + service("echo", 9000, 9000, "tcp")
    + sleeper("client")
    + sleeper("plain", UNMESHED)
    + JOB
)


def peers(name: str, spec: str) -> str:
    """A PeerAuthentication."""
    return (
        "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\n"
        f"metadata: {{name: {name}}}\nspec: {{{spec}}}\n"
    )


STRICT = peers("default", "mtls: {mode: STRICT}")
WEB_PORTS = peers(
    "web",
    "selector: {matchLabels: {app: web}}, mtls: {mode: UNSET}, "
    "portLevelMtls: {8080: {mode: PERMISSIVE}, 9090: {mode: UNSET}}",
)


@pytest.fixture(scope="module")
def mesh(lab: Lab) -> Lab:
    """The lab, once the job is done."""
    lab.up_text(SHOP)
    until(lambda: seen(lab, "default/nightly"))
    return lab


def calls(lab: Lab, *words: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = lab.json("mtls", *words)["calls"]
    return rows


def seen(lab: Lab, source: str, destination: str = "default/web") -> dict[str, dict[str, Any]]:
    """The kinds of calls between two workloads, by how they were secured."""
    return {
        row["security"]: row
        for row in calls(lab)
        if (row["source"], row["destination"]) == (source, destination)
    }


def modes(lab: Lab, workload: str) -> dict[int | None, str]:
    """The mode of each port."""
    (destination,) = [
        each for each in lab.json("mtls")["destinations"] if each["workload"] == workload
    ]
    return {each["port"]: each["mode"] for each in destination["ports"]}


def test_who_is_secured_is_told_with_what_was_agreed_on(mesh: Lab) -> None:
    """Callers without a proxy by their pod, also a job that is gone; TLS 1.3 and the hybrid."""
    assert mesh.status_of("deploy/client", URL) == 200
    assert mesh.status_of("deploy/plain", URL) == 200
    secured = until(lambda: seen(mesh, "default/client").get("mtls"))
    assert (secured["service"], secured["mode"]) == (HOST, "PERMISSIVE")
    assert set(secured["curves"]) == {"X25519MLKEM768"}
    assert set(secured["tls_versions"]) == {"TLSv1.3"}
    plain = until(lambda: seen(mesh, "default/plain").get("plaintext"))
    assert (plain["port"], plain["by"], plain["service"]) == (8080, None, None)
    assert plain["first_seen"] <= plain["last_seen"]
    assert set(seen(mesh, "default/nightly")) == {"plaintext"}


def test_calls_past_services_and_probes_are_what_they_are(mesh: Lab) -> None:
    """A pod's own address is called with mutual TLS as well; a health check is no caller."""
    (address,) = [pod["ip"] for pod in mesh.json("get", "pods") if pod["workload"] == "web"]
    before = len(calls(mesh))
    assert mesh.status_of("deploy/client", f"http://{address}:8080/status/200") == 200
    until(lambda: len(calls(mesh)) > before or seen(mesh, "default/client")["mtls"]["calls"] > 1)
    assert set(seen(mesh, "default/client")) == {"mtls"}
    assert {row["source"] for row in calls(mesh, "web") if row["security"] == "plaintext"} == {
        "default/plain",
        "default/nightly",
    }


def test_an_open_connection_is_seen_before_it_ends(mesh: Lab) -> None:
    """STRICT would cut it, so it must be known; a log at its end would come too late."""
    script = "exec 3<>/dev/tcp/echo/9000; echo hi >&3; read -r x <&3; echo up; sleep 600"
    head = ("exec", "--name", mesh.name, "-n", "default", "deploy/plain", "--")
    with mesh.start(*head, "bash", "-c", script) as held:
        try:
            row = until(lambda: seen(mesh, "default/plain", "default/echo").get("plaintext"))
            assert (row["port"], row["calls"]) == (9000, 1)
        finally:
            held.terminate()
            held.communicate(timeout=30)


def test_plan_names_who_would_be_refused_and_nobody_else(mesh: Lab) -> None:
    """By evidence, with the line that refuses; the window and its blind spots are stated."""
    path = mesh.home / "strict.yaml"
    path.write_text(STRICT)
    told = mesh.json("plan", "-f", str(path))["seen"]
    ways = {(each["source"], each["destination"], each["port"]) for each in told["breaks"]}
    assert ways >= {
        ("default/plain", "default/web", 8080),
        ("default/nightly", "default/web", 8080),
    }
    assert "default/client" not in {source for source, _, _ in ways}
    assert all(each["because"]["line"] == 4 for each in told["breaks"])
    assert told["observed"]["since"]
    assert told["not_seen"]
    shown = mesh.run("plan", "-f", str(path), "--name", mesh.name).stdout
    assert "default/plain" in shown


def test_evidence_outlives_the_plane(mesh: Lab) -> None:
    """Dates, names and numbers are what they were, as soon as they are on disk."""
    before = seen(mesh, "default/plain")["plaintext"]
    since = mesh.json("mtls")["observed"]["since"]
    kept = mesh.folder / "plane" / "evidence.json"
    until(lambda: kept.exists() and "default/plain" in kept.read_text())
    kill_and_await(mesh, "plane")
    after = until(lambda: seen(mesh, "default/plain").get("plaintext"))
    assert after["first_seen"] == before["first_seen"]
    assert after["calls"] >= before["calls"]
    assert mesh.json("mtls")["observed"]["since"] == since


def test_no_call_of_the_mesh_fails_by_the_change_and_back(mesh: Lab) -> None:
    """PERMISSIVE to STRICT and back, twice, under load: every request is answered. Whoever comes
    in plaintext is refused meanwhile, and named."""
    with undisturbed(mesh, URL):
        for _ in range(2):
            mesh.apply(STRICT)
            until(lambda: mesh.status_of("deploy/plain", URL) == 0)
            mesh.delete(STRICT)
            until(lambda: mesh.status_of("deploy/plain", URL) == 200)
    assert until(lambda: seen(mesh, "default/plain").get("refused"))["port"] == 8080
    assert "refused" not in seen(mesh, "default/client")


def test_a_ports_own_mode_and_unset(mesh: Lab) -> None:
    """The namespace is STRICT; one port of the web is not, and its UNSET port inherits."""
    mesh.apply(STRICT + "---\n" + WEB_PORTS)
    until(lambda: mesh.status_of("deploy/plain", "http://echo:9000/") == 0)
    until(lambda: modes(mesh, "default/web").get(9090) == "STRICT")
    assert modes(mesh, "default/web") == {8080: "PERMISSIVE", 9090: "STRICT", None: "STRICT"}
    assert mesh.status_of("deploy/plain", URL) == 200
    assert mesh.status_of("deploy/client", URL) == 200
    by = seen(mesh, "default/plain")["plaintext"]["by"]
    assert (by["object"], by["field"]) == (
        "PeerAuthentication default/web",
        "spec.portLevelMtls.8080",
    )
    assert [pod["ready"] for pod in mesh.json("get", "pods") if pod["workload"] == "web"] == [True]
    mesh.delete(STRICT + "---\n" + WEB_PORTS)
