"""Two tenants in one lab, each with a token: none takes, reads or changes what is the other's."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.lab_under_test import Lab, until
from tests.plane.access.id_tokens import key_set, token

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

WORKLOAD = """---
apiVersion: v1
kind: Namespace
metadata: {{name: {ns}, labels: {{istio-injection: enabled}}}}
---
apiVersion: v1
kind: Service
metadata: {{name: web, namespace: {ns}}}
spec: {{selector: {{app: web}}, ports: [{{name: http, port: 80, targetPort: 5000}}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: {ns}}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      containers:
      - {{name: web, image: docker.io/istio/examples-helloworld-{version},
          ports: [{{containerPort: 5000}}]}}
"""
HIDDEN = """---
apiVersion: v1
kind: Service
metadata: {name: vault, namespace: team-b, annotations: {networking.istio.io/exportTo: "."}}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 5000}]}
---
apiVersion: v1
kind: Secret
metadata: {name: keys, namespace: team-b}
stringData: {password: the-secret-of-team-b}
"""
TOWN = WORKLOAD.format(ns="team-a", version="v1") + WORKLOAD.format(ns="team-b", version="v2")
THIRD = WORKLOAD.format(ns="team-c", version="v1")

ROUTES = """apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: {name}, namespace: team-a}}
spec:
  hosts: ["{host}"]
  {more}
  http: [{{route: [{{destination: {{host: web.team-a.svc.cluster.local}}}}]}}]
---
"""
ENTRY = """apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: {name}, namespace: team-a}}
spec:
  hosts: ["{host}"]
  addresses: [{address}]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{{number: 80, name: http, protocol: HTTP}}]
  endpoints: [{{address: 10.9.9.9}}]
---
"""


@pytest.fixture(scope="module")
def mesh(lab: Lab) -> Lab:
    """team-a and team-b, and a third namespace that calls both."""
    lab.up_text(TOWN + HIDDEN + THIRD)
    return lab


def with_role(lab: Lab, role: str, *namespaces: str) -> Lab:
    """The same lab for whoever holds a new token of that role."""
    words = [word for each in namespaces for word in ("--namespace", each)]
    token = lab.json("token", "create", "--role", role, *words)["token"]
    return replace(lab, env={"GOSSAMER_TOKEN": token})


def version(lab: Lab, namespace: str, url: str) -> str:
    """Which of the two applications answers."""
    body = lab.curl("deploy/web", f"{url}/hello", ns=namespace, ok=False)
    return next((each for each in ("v1", "v2") if f"version: {each}" in body), body)


def test_a_tenant_changes_its_own_and_nothing_else(mesh: Lab) -> None:
    """What it may is live on the wire; what it may not is refused and was never stored."""
    tenant = with_role(mesh, "editor", "team-a")
    own = ROUTES.format(name="own", host="web", more="").replace(
        "route: [{destination: {host: web.team-a.svc.cluster.local}}]",
        'directResponse: {status: 418, body: {string: "mine"}}',
    )
    assert tenant.apply(own)["applied"] == [
        {"object": "VirtualService team-a/own", "action": "created"}
    ]
    until(lambda: mesh.status_of("deploy/web", "http://web.team-a/", ns="team-c") == 418, 20)
    tenant.delete(own)
    until(lambda: version(mesh, "team-c", "http://web.team-a") == "v1", 20)
    for text in (
        own.replace("namespace: team-a", "namespace: team-b"),
        own.replace("namespace: team-a", "namespace: istio-system"),
        ROUTES.format(name="trap", host="web.team-b.svc.cluster.local", more=""),
        ENTRY.format(name="trap", host="api.example.com", address=""),
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: team-d}\n",
    ):
        refused = tenant.run("apply", "-f", "-", "--name", mesh.name, input=text, ok=False)
        assert refused.returncode == 1
        assert "token:editor-team-a (editor of team-a) may not change this" in refused.stderr
    held = mesh.json("get", "vs,serviceentry,ns", "-A")
    assert not [each for each in held if each["name"] in ("trap", "own", "team-d")]


def test_a_tenant_reads_its_own_and_nothing_else(mesh: Lab) -> None:
    """Objects, services, proxies, findings and explanations; not a Secret's value even where it
    may look. The lab itself, which knows no tokens, is closed to whoever shows one."""
    tenant, viewer = with_role(mesh, "editor", "team-a"), with_role(mesh, "viewer", "team-b")
    pods = [each["pod"] for each in tenant.json("status")["proxies"]]
    assert pods
    assert all(each.startswith("team-a/") for each in pods)
    told: list[Any] = [
        tenant.json("get", "svc,secret,vs", "-A"),
        tenant.json("analyze", "--live", ok=False),
        tenant.json("traffic"),
        tenant.json("explain", "--from", "deploy/web", "-n", "team-a", "http://vault.team-b/"),
    ]
    text = json.dumps(told)
    assert "vault.team-b.svc" not in text
    assert "the-secret" not in text
    secrets = viewer.run("get", "secret", "keys", "-n", "team-b", "-o", "yaml", "--name", mesh.name)
    assert "password: '***'" in secrets.stdout
    for words in (
        ("explain", "--from", "deploy/web", "-n", "team-b", "http://web/"),
        ("exec", "deploy/web", "-n", "team-a", "--", "true"),
        ("get", "pods", "-A"),
        ("audit",),
        ("token", "create", "--role", "operator"),
        ("down",),
    ):
        at = words.index("--") if "--" in words else len(words)
        line = (*words[:at], "--name", mesh.name, *words[at:])
        assert tenant.run(*line, ok=False).returncode == 1, words


def test_nobody_takes_anothers_calls(mesh: Lab) -> None:
    """Whoever the author is: applied by the lab's owner, as a store without roles would have it.
    Real proxies go on to send the owner's and a third tenant's calls where they went."""
    address = _address(mesh)
    attack = "".join(
        ROUTES.format(name=f"r{n}", host=host, more='exportTo: ["*"]')
        for n, host in enumerate(
            ("web.team-b.svc.cluster.local", "*.team-b.svc.cluster.local", "*.local")
        )
    )
    attack += ENTRY.format(name="e1", host="web.team-b.svc.cluster.local", address="")
    attack += ENTRY.format(name="e2", host="trap.example.com", address=address)
    before = {
        (who, url): version(mesh, who, url)
        for who in ("team-b", "team-c")
        for url in ("http://web.team-b", "http://web.team-b.svc.cluster.local", f"http://{address}")
    }
    assert set(before.values()) == {"v2"}
    mesh.apply(attack)
    # Routes of its own calls are its own: once they are in force, so would the others be.
    until(lambda: version(mesh, "team-a", "http://web.team-b.svc.cluster.local") == "v1", 20)
    assert {each: version(mesh, *each) for each in before} == before
    mesh.delete(attack)


def _address(mesh: Lab) -> str:
    """The virtual address of team-b's web."""
    lines = mesh.run("get", "svc", "web", "-n", "team-b", "--name", mesh.name).stdout.splitlines()
    return lines[-1].split()[2]


ACCESS = """\
roles:
- {role: viewer, namespaces: [team-a], groups: [devs]}
issuers:
- {issuer: https://login.example.com, audiences: [gossamer], jwksFile: keys.json}
"""


def test_people_come_by_the_access_file_while_the_plane_runs(mesh: Lab) -> None:
    """An ID token opens what the file says, once it is there; a mistake in it changes nothing and
    is reported with its line; without the file the token opens nothing."""
    folder = mesh.folder / "plane"
    person = replace(mesh, env={"GOSSAMER_TOKEN": token({"exp": time.time() + 600})})

    def seen() -> set[str] | None:
        done = person.run("get", "svc", "-A", "-o", "json", "--name", mesh.name, ok=False)
        if done.returncode:
            return None
        return {each["namespace"] for each in json.loads(done.stdout)}

    assert seen() is None
    private(folder / "keys.json", json.dumps(key_set()))
    private(folder / "access.yaml", ACCESS)
    until(lambda: seen() == {"team-a"}, 20)
    private(folder / "access.yaml", ACCESS.replace("namespaces", "namespace"))
    until(
        lambda: (
            "unusable-access-file"
            in mesh.run("analyze", "--live", "-o", "json", "--name", mesh.name, ok=False).stdout
        ),
        20,
    )
    assert seen() == {"team-a"}
    (folder / "access.yaml").unlink()
    until(lambda: seen() is None, 20)


def private(path: Path, text: str) -> None:
    """Replace a file, as one should."""
    fresh = path.with_name(f".{path.name}")
    fresh.touch(0o600)
    fresh.write_text(text)
    fresh.replace(path)


def test_who_did_what_is_known_and_unaltered(mesh: Lab) -> None:
    """Changes and refusals, by the names of their tokens; over a restart of the plane."""
    mesh.run("plane", "stop", "--name", mesh.name)
    mesh.run("plane", "start", "--name", mesh.name)
    until(lambda: mesh.run("audit", "--name", mesh.name, ok=False).returncode == 0, 30)
    log = mesh.json("audit", "--last", "1000")
    assert log["broken_line"] is None
    did = {(each["actor"], each["verb"], each["outcome"]) for each in log["entries"]}
    assert ("token:editor-team-a", "create", "done") in did
    assert ("token:editor-team-a", "POST /v1/apply", "refused") in did
    assert "the-secret" not in json.dumps(log)
    assert "the-secret" not in (mesh.folder / "plane" / "audit.jsonl").read_text()
    rows = mesh.json("check", ok=False)
    assert [each["status"] for each in rows if each["code"] == "plane-audit"] == ["ok"]
