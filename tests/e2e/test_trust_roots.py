"""Roots that the mesh trusts are exchanged while it runs, and no request notices."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from gossamer.identity.authority import Authority
from gossamer.identity.federation.bundle import spiffe_bundle
from gossamer.identity.plan import AttestedPod, pod_template
from tests.e2e.failures import envoys, kill_and_await, under_load
from tests.e2e.lab_under_test import Lab, until
from tests.e2e.small_mesh import SLEEPS, SMALL, WORKLOAD

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

URL = "http://web/status/200"
OTHER = "other.example"
CLIENT = Path(__file__).with_name("trusting_client.py")
OUTSIDER = WORKLOAD.format(
    name="outsider",
    app="outsider",
    version="v1",
    replicas=1,
    image="docker.io/curlimages/curl:8.16.0",
    more=SLEEPS,
).replace(
    "metadata: {labels:", 'metadata: {annotations: {sidecar.istio.io/inject: "false"}, labels:'
)
ONE_REQUEST_A_CONNECTION = """
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: web}
spec: {host: web, trafficPolicy: {connectionPool: {http: {maxRequestsPerConnection: 1}}}}
"""


@pytest.fixture(scope="module")
def mesh(lab: Lab) -> Lab:
    """A client, a web with handshakes at each request, and a caller outside the mesh."""
    lab.up_text(SMALL + OUTSIDER + "---" + ONE_REQUEST_A_CONNECTION)
    return lab


def bundle(lab: Lab) -> Path:
    return lab.folder / "plane" / "ca" / "roots.pem"


def write(lab: Lab, text: str) -> None:
    """Replace the bundle, as one should."""
    fresh = bundle(lab).with_name("fresh.pem")
    fresh.write_text(text)
    fresh.replace(bundle(lab))


def answer(lab: Lab, authority: Authority, domain: str = "cluster.local") -> str:
    """What web says to a caller of that trust domain whose certificate that authority signed."""
    friend = AttestedPod("default", "friend-1", "friend", "lab")
    authority.trust_domain = domain
    issued = authority.issue(pod_template(friend, domain))
    encoded = base64.b64encode((issued.key + issued.chain).encode()).decode()
    ip = next(p["ip"] for p in lab.json("get", "pods") if p["workload"] == "web")
    words = (*lab.env_words(), lab.command()[0], str(CLIENT), ip, "8080", encoded)
    return lab.exec("deploy/outsider", *words).stdout.strip()


def source(lab: Lab) -> dict[str, object]:
    shape: dict[str, object] = lab.json("status")["plane"]["sources"]["plane/authority"]
    return shape


def test_old_and_new_roots_are_accepted_and_no_request_fails(mesh: Lab, tmp_path: Path) -> None:
    """Under load, with a handshake a request: the new root is trusted at every proxy, beside the
    old one, without a restart; broken or gone, it stays, over a restart of the plane as well;
    and taken out it is trusted no more."""
    old, new = Authority.open(mesh.folder / "plane" / "ca"), Authority.open(tmp_path / "new")
    good = "HTTP/1.1 200 OK"
    assert (answer(mesh, old), answer(mesh, new)) == (good, "refused")
    running = envoys(mesh)
    with under_load(mesh, "deploy/client", URL) as load:
        write(mesh, old.roots_pem + new.roots_pem)
        until(lambda: answer(mesh, new) == good)
        assert answer(mesh, old) == good
        bundle(mesh).write_text(new.roots_pem[:200])
        until(lambda: source(mesh).get("problem") and source(mesh)["stale"], 60)
        assert "stays in effect" in mesh.run("status", "--name", mesh.name).stdout
        told = json.loads(
            mesh.run("analyze", "--live", "--name", mesh.name, "-o", "json", ok=False).stdout
        )
        assert "unusable-roots" in {each["code"] for each in told}
        assert (answer(mesh, old), answer(mesh, new)) == (good, good)
        bundle(mesh).unlink()
        kill_and_await(mesh, "plane")
        until(lambda: "is gone" in str(source(mesh).get("problem")))
        assert (answer(mesh, old), answer(mesh, new)) == (good, good)
        write(mesh, old.roots_pem)
        until(lambda: answer(mesh, new) == "refused")
        assert (answer(mesh, old), source(mesh).get("problem")) == (good, None)
        load.end()
    load.assert_whole()
    assert envoys(mesh) == running


def test_another_trust_domain_is_let_in_by_its_own_roots(mesh: Lab, tmp_path: Path) -> None:
    """Its bundle in the SPIFFE format is a file; under load, without a restart. It proves that
    domain and not ours, and its end is the end of the file."""
    good, other = "HTTP/1.1 200 OK", Authority.open(tmp_path / "other", OTHER)
    ours = Authority.open(mesh.folder / "plane" / "ca")
    assert answer(mesh, other, OTHER) == "refused"
    folder = mesh.folder / "plane" / "ca" / "federation"
    folder.mkdir(mode=0o700)
    running = envoys(mesh)
    with under_load(mesh, "deploy/client", URL) as load:
        (folder / f"{OTHER}.json").write_bytes(spiffe_bundle(other.roots_pem, 1))
        until(lambda: answer(mesh, other, OTHER) == good)
        assert answer(mesh, ours) == good
        assert answer(mesh, other) == "refused"
        assert answer(mesh, ours, OTHER) == "refused"
        kill_and_await(mesh, "plane")
        assert answer(mesh, other, OTHER) == good
        (folder / f"{OTHER}.json").unlink()
        until(lambda: answer(mesh, other, OTHER) == "refused")
        load.end()
    load.assert_whole()
    assert envoys(mesh) == running
