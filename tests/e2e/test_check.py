"""`gossamer check` on a real lab: well when all is well, and right about what is not."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from tests.e2e.lab_under_test import EXAMPLES, Lab, until

pytestmark = pytest.mark.e2e
MACHINE = ("machine", "installation")


@pytest.fixture(scope="module")
def running(lab: Lab) -> Lab:
    lab.up(EXAMPLES / "httpbin")
    return lab


def wrong(lab: Lab) -> dict[str, str]:
    """Codes of what is not well in the lab, to their status; the machine is another matter."""
    found = lab.json("check", ok=False)
    bad = [e for e in found if e["status"] in ("warning", "error") and e["area"] not in MACHINE]
    return {each["code"]: each["status"] for each in bad}


def pid_of(lab: Lab, process: str) -> int:
    """The pid of one of the lab's own processes."""
    if process == "plane":
        return int(lab.json("status")["plane"]["pid"])
    rows = lab.json("status")["proxies"]
    return int(next(row["pid"] for row in rows if row["pod"].startswith(process)))


def test_a_lab_in_good_order_passes_every_check(running: Lab) -> None:
    """Nothing is skipped either: everything could be looked at."""
    until(lambda: not wrong(running))
    found = running.json("check", ok=False)
    assert not [e["code"] for e in found if e["status"] == "skipped" and e["area"] not in MACHINE]


ALONE = """
apiVersion: v1
kind: Service
metadata: {name: alone}
spec: {selector: {app: alone}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Pod
metadata:
  name: alone
  labels: {app: alone}
  annotations: {gossamer.dev/run: "python3 -m http.server --bind 127.0.0.1 8080"}
spec: {containers: [{name: alone, image: alone, ports: [{containerPort: 8080}]}]}
"""


def test_an_application_that_listens_on_loopback_alone_is_named(
    running: Lab, tmp_path: Path
) -> None:
    """It is Ready and reached by nobody: `check` and `analyze --live` say so, until it is gone."""
    file = tmp_path / "alone.yaml"
    file.write_text(ALONE)
    running.run("apply", "-f", str(file), "--name", running.name)
    assert until(lambda: wrong(running).get("loopback-only")) == "error"
    told = running.json("analyze", "--live", ok=False)
    assert ("Pod default/alone", "loopback-only") in {(e["object"], e["code"]) for e in told}
    running.run("delete", "-f", str(file), "--name", running.name)
    until(lambda: not wrong(running))


def test_a_plane_held_down_is_one_warning_of_its_own(running: Lab) -> None:
    """Not an error: proxies serve. It goes when the plane is back."""
    running.run("plane", "stop", "--name", running.name)
    assert until(lambda: wrong(running).get("plane-process")) == "warning"
    assert "error" not in wrong(running).values()
    running.run("plane", "start", "--name", running.name)
    until(lambda: not wrong(running))


def test_a_stopped_envoy_is_named(running: Lab) -> None:
    """An Envoy that hangs shows itself by its silence."""
    pid = pid_of(running, "default/client")
    os.kill(pid, signal.SIGSTOP)
    try:
        assert until(lambda: wrong(running).get("proxy-admin")) == "error"
    finally:
        os.kill(pid, signal.SIGCONT)
    until(lambda: "proxy-admin" not in wrong(running))


def test_a_killed_envoy_is_remembered(running: Lab) -> None:
    """It is back by itself; that it fell is told."""
    os.kill(pid_of(running, "default/client"), signal.SIGKILL)
    assert until(lambda: wrong(running) == {"proxy-restarts": "warning"})


def test_an_open_key_is_an_error(running: Lab) -> None:
    """Others could be this workload."""
    key = next(Path(running.folder, "agent").glob("default.client*/key.pem"))
    key.chmod(0o644)
    assert wrong(running)["private-keys"] == "error"
    key.chmod(0o600)


def test_a_killed_lab_is_leftovers_until_it_is_swept(running: Lab) -> None:
    """`check` counts what is there, `down` removes it."""
    holder = json.loads((running.folder / "lab.json").read_text())["pid"]
    os.kill(holder, signal.SIGKILL)
    assert until(lambda: wrong(running) == {"leftovers": "warning"})
    assert "removed what it left" in running.run("down", "--name", running.name).stdout
    assert wrong(running) == {}
