"""No path that a manifest names is read by a proxy, whose rights are those of the lab's owner."""

from __future__ import annotations

import pytest

from gossamer.cli.offline.offline_mesh import offline_mesh
from gossamer.cli.reading import read_all
from gossamer.compile.engine.everything import everything
from gossamer.model.finding import Severity
from gossamer.store.paths import File

FOREIGN = "/root/.ssh/id_ecdsa"
MESH = """
apiVersion: v1
kind: Pod
metadata: {name: client, labels: {app: client}}
spec: {containers: [{name: app, image: curlimages/curl}]}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: pay}
spec:
  hosts: [pay.example.com]
  ports: [{number: 443, name: http, protocol: HTTP}]
  resolution: DNS
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: pay}
spec:
  host: pay.example.com
  trafficPolicy: {tls: {%s}}
"""
NAMED = {
    "roots": f"mode: SIMPLE, caCertificates: {FOREIGN}",
    "a client's own": f"mode: MUTUAL, clientCertificate: {FOREIGN}, privateKey: {FOREIGN}",
    "both": f"mode: MUTUAL, clientCertificate: {FOREIGN}, privateKey: {FOREIGN}, "
    f"caCertificates: {FOREIGN}",
    "with nothing checked": "mode: MUTUAL, insecureSkipVerify: true, "
    f"clientCertificate: {FOREIGN}, privateKey: {FOREIGN}",
    "beside the system's": f"mode: MUTUAL, clientCertificate: {FOREIGN}, privateKey: {FOREIGN}, "
    "caCertificates: /etc/ssl/certs/ca-certificates.crt",
    "by a way around": "mode: SIMPLE, caCertificates: /etc/ssl/certs/../../../root/.ssh/id_ecdsa",
}


def resources(tls: str) -> list[tuple[str, bytes]]:
    """Name and bytes of all that the client's proxy gets."""
    mesh, pods = offline_mesh(read_all([File("f.yaml", (MESH % tls).encode())]))
    made = everything(mesh, pods.values())
    return [(each.need[1], each.compiled.body or b"") for each in made]


@pytest.mark.parametrize("case", NAMED)
def test_no_path_reaches_a_proxy(case: str) -> None:
    """Neither the path nor any file of it: a proxy is given no file name at all."""
    given = resources(NAMED[case])
    assert any(name.endswith("pay.example.com") for name, _ in given)
    assert not [name for name, body in given if b"id_ecdsa" in body or b"/etc/ssl" in body]


@pytest.mark.parametrize("case", NAMED)
def test_whoever_names_a_file_believes_nobody(case: str) -> None:
    """The connection is not made with less than was asked for: its roots are those of no one."""
    given = dict(resources(NAMED[case]))
    (cluster,) = (body for name, body in given.items() if name.startswith("outbound|443"))
    assert b"roots|outbound|443||pay.example.com" in cluster


@pytest.mark.parametrize("case", NAMED)
def test_its_author_is_told(case: str) -> None:
    """A warning at the first such field, with the way to do it."""
    found = read_all([File("f.yaml", (MESH % NAMED[case]).encode())]).findings
    (told,) = (each for each in found if each.code == "unsupported-field")
    assert told.severity is Severity.WARNING
    assert told.origin.field.startswith("spec.trafficPolicy.tls.")
    assert "credentialName" in told.remedy


@pytest.mark.parametrize("word", ["system", "/etc/ssl/certs/ca-certificates.crt"])
def test_the_systems_roots_have_names(word: str) -> None:
    """They mean what the plane holds of them; nothing is read by their path, and nothing told."""
    tls = f"mode: SIMPLE, caCertificates: {word}"
    given = dict(resources(tls))
    (cluster,) = (body for name, body in given.items() if name.startswith("outbound|443"))
    assert b"system-roots" in cluster
    assert b"/etc/ssl" not in cluster
    assert not read_all([File("f.yaml", (MESH % tls).encode())]).findings
