"""Whoever is banned is refused at once: by the control plane, by peers, on open connections too.

The lab signs with an intermediate that was handed in, whose root is offline: there is no
revocation list of the root, and all has to work without.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from gossamer.identity.keys import issued_under, spiffe_of
from gossamer.process.clock import utc_now
from tests.e2e.failures import kill_and_await
from tests.e2e.kept_connections import ALL_WELL, ECHO, kept_connections
from tests.e2e.lab_under_test import Lab, until
from tests.e2e.small_mesh import CLIENT, WEB, workload
from tests.identity.certificates_of_others import DAY, Kind, cert_manager, made, write

pytestmark = pytest.mark.e2e

THIEF = "spiffe://cluster.local/ns/default/sa/client"
OWN_ACCOUNT = CLIENT.replace(
    "      containers:", "      serviceAccountName: client\n      containers:"
)
BYSTANDER = workload("other")
URL = "http://web/status/200"
SECOND = 1.0
OF_TODAY = Kind(begins=utc_now() - DAY, ends=utc_now() + 30 * DAY)


@pytest.fixture(scope="module")
def mesh(lab: Lab) -> Lab:
    """A client with an account of its own, a web of two pods, an echo, and a second client."""
    root = made("offline root", kind=OF_TODAY)
    cert_manager(lab.home / "authority", made("issuing", root, OF_TODAY), root)
    phrase = write(lab.home / "phrase", {"text": "correct horse"}) / "text"
    lab.env["GOSSAMER_AUTHORITY"] = str(lab.home / "authority")
    lab.env["GOSSAMER_AUTHORITY_PASSPHRASE"] = f"file:{phrase}"
    lab.up_text(OWN_ACCOUNT + WEB + ECHO + BYSTANDER)
    return lab


def refused(answers: dict[str, Any]) -> bool:
    """Whether none of the kept connections carries anything any more."""
    return not any(answers[kind] == well for kind, well in ALL_WELL.items())


def connected(lab: Lab, workload: str) -> bool:
    """Whether the plane serves this workload's proxy."""
    rows = lab.json("status")["proxies"]
    return all(row["connected"] for row in rows if row["workload"] == f"default/{workload}")


def identity(lab: Lab, *words: str) -> None:
    lab.run("identity", *words, "--name", lab.name)


def test_a_banned_identity_is_refused_within_a_second(mesh: Lab) -> None:
    """Kept HTTP/1.1, HTTP/2 and TCP connections, new ones, and its stream to the plane; nobody
    else notices. A plane that was killed still knows, and a lifted ban leaves nothing."""
    with kept_connections(mesh) as use:
        assert use("before") == ALL_WELL
        identity(mesh, "ban", THIEF)
        began = time.monotonic()
        while not refused(use("after")):
            assert time.monotonic() < began + SECOND
    assert mesh.status_of("deploy/client", URL) == 503
    assert not connected(mesh, "client")
    assert mesh.status_of("deploy/other", URL) == 200
    kill_and_await(mesh, "plane")
    listed = until(lambda: mesh.json("identity", "bans"))["bans"]
    assert [each["subject"] for each in listed] == [THIEF]
    assert mesh.status_of("deploy/client", URL) == 503
    identity(mesh, "unban", THIEF)
    until(lambda: mesh.status_of("deploy/client", URL) == 200 and connected(mesh, "client"))
    with kept_connections(mesh) as use:
        assert use("again") == ALL_WELL


def test_a_banned_pod_serves_nobody_and_its_sibling_does(mesh: Lab) -> None:
    """Callers refuse its certificate and try the next: no request fails."""
    names = [row["name"] for row in mesh.json("get", "pods") if row["workload"] == "web"]
    identity(mesh, "ban", f"default/{names[0]}", "--until", "1h")
    statuses = [mesh.status_of("deploy/other", f"{URL}?banned-{turn}") for turn in range(6)]
    assert statuses == [200] * 6
    until(lambda: "banned-5" in mesh.run("logs", names[1], "--proxy", "--name", mesh.name).stdout)
    log = mesh.run("logs", names[0], "--proxy", "--name", mesh.name).stdout
    assert "banned-" not in log
    identity(mesh, "unban", f"default/{names[0]}")


def test_under_a_foreign_root_a_ban_holds_by_name(mesh: Lab) -> None:
    """With lists of ours alone, Envoy would refuse everybody whom that root signed for. So there
    are none: whom the banned calls refuse it by its name, and its connections end."""
    roots = mesh.folder / "plane" / "ca" / "roots.pem"
    fresh = roots.with_name("fresh.pem")
    fresh.write_text(made("foreign root", kind=OF_TODAY).pem)
    fresh.replace(roots)
    until(lambda: trusts_foreign_root(mesh))
    with kept_connections(mesh) as use:
        assert use("before") == ALL_WELL
        banned = mesh.run("identity", "ban", THIEF, "--name", mesh.name)
        assert "no revocation lists" in banned.stderr
        until(lambda: refused(use("after")), SECOND)
    assert mesh.status_of("deploy/client", URL) == 403
    assert mesh.status_of("deploy/other", URL) == 200
    identity(mesh, "unban", THIEF)
    until(lambda: mesh.status_of("deploy/client", URL) == 200)
    roots.unlink()


def trusts_foreign_root(lab: Lab) -> bool:
    """Whether the plane has taken up the root that was written."""
    return (lab.folder / "plane" / "ca" / "roots.last-good.pem").exists()


def test_the_handed_in_authority_signs_and_its_key_rests_encrypted(mesh: Lab) -> None:
    """Workloads show a chain of two under the root; the key stands nowhere in clear."""
    chain = next(mesh.folder.glob("agent/*/chain.pem")).read_text()
    assert chain.count("BEGIN CERTIFICATE") == 2
    assert "ENCRYPTED" in (mesh.folder / "plane" / "ca" / "root.key").read_text()
    kept = [path for path in mesh.folder.rglob("*") if path.is_file() and path.suffix != ".sock"]
    secret = (mesh.home / "authority" / "tls.key").read_text().splitlines()[1]
    assert [path for path in kept if secret in path.read_text(errors="replace")] == []


def test_a_join_token_gives_a_certificate_once(mesh: Lab, tmp_path: Path) -> None:
    """Made by an operator, shown once, signed by the same authority as everybody's."""
    token = mesh.json("token", "create", "--for", "shop/guest")["token"]
    words = ("identity", "join", "--as", "shop/guest", "--out", str(tmp_path / "guest"))
    mesh.run(*words, "--name", mesh.name, input=token)
    chain = (tmp_path / "guest" / "chain.pem").read_text()
    assert str(spiffe_of(chain)) == "spiffe://cluster.local/ns/shop/sa/guest"
    assert issued_under(chain, (tmp_path / "guest" / "roots.pem").read_text())
    again = mesh.run(*words, "--name", mesh.name, input=token, ok=False)
    assert again.returncode == 1
    assert "was used by" in again.stderr


def test_the_record_of_certificates_and_bans_is_whole(mesh: Lab) -> None:
    """After all that, and a plane that was killed in between."""
    events = [row["event"] for row in mesh.json("identity", "log")]
    assert events.count("banned") == events.count("unbanned") == 3
    checked = {row["code"]: row["status"] for row in mesh.json("check", ok=False)}
    assert checked["issuance-log"] == "ok"
