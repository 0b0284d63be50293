"""A whole lab with real pods, without proxies: the plane is a fake, the world is not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gossamer.lab import start
from gossamer.lab.files import Files
from gossamer.lab.preflight import preflight
from gossamer.lab.start import LabError, LabHandle

HOLDER = Path(__file__).with_name("held_lab.py")
MESH = """
apiVersion: v1
kind: Namespace
metadata: {name: default, labels: {istio-injection: disabled}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: page}
data: {greeting: hello}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: 10.96.0.10, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      volumes: [{name: page, configMap: {name: page}}]
      containers:
      - name: app
        image: mccutchen/go-httpbin
        ports: [{containerPort: 8080, name: http}]
        volumeMounts: [{name: page, mountPath: /srv/page}]
        readinessProbe: {httpGet: {path: /status/200, port: http}, periodSeconds: 1}
        livenessProbe: {exec: {command: [cat, /srv/page/greeting]}}
---
apiVersion: v1
kind: Pod
metadata: {name: sleep}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - {name: sleep, image: curlimages/curl, command: [/bin/sleep, infinity]}
"""

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        any(o.fatal for o in preflight()), reason="this machine refuses the lab's namespaces"
    ),
]


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[LabHandle]:
    """A lab that is ready, ended with the test."""
    home = Path(os.environ.get("TMPDIR", "/tmp")) / f"g{os.getpid()}-{tmp_path.name[-6:]}"
    launch = subprocess.Popen

    def launch_held(command: list[str], **words: Any) -> subprocess.Popen[bytes]:
        if "gossamer.lab.holder" in command:
            words_after = command.index("gossamer.lab.holder") + 1
            command = [sys.executable, str(HOLDER), *command[words_after:]]
        return launch(command, **words)

    monkeypatch.setattr(subprocess, "Popen", launch_held)
    handle = start.start("default", Files((("mesh.yaml", MESH),)), home)
    try:
        until_ready(handle)
        yield handle
    finally:
        start.stop("default", home)
        subprocess.run(["rm", "-rf", str(home)], check=True)


def until_ready(handle: LabHandle) -> None:
    for event in handle.events():
        assert event["event"] != "failed", event
        if event["event"] == "ready":
            return


def run(handle: LabHandle, *command: str) -> str:
    """What a command says inside the sleep pod."""
    argv, env = start.exec_argv(handle, "default/sleep", command)
    done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=20, check=False)
    return done.stdout + done.stderr


def test_pods_run_reach_services_and_know_themselves(lab: LabHandle) -> None:
    """A Service address leads to a ready pod; files, names and capabilities are a pod's own."""
    assert '"Host"' in run(lab, "curl", "-sS", "-m", "5", "http://10.96.0.10/headers")
    assert "search default.svc.cluster.local" in run(lab, "cat", "/etc/resolv.conf")
    assert run(lab, "cat", "/proc/sys/kernel/hostname").strip() == "sleep"
    assert "CapEff:\t0000000000000000" in run(lab, "cat", "/proc/self/status")
    assert "No such file" in run(lab, "cat", str(lab.folder.record))


def test_scaling_changes_pods_and_down_leaves_nothing(lab: LabHandle) -> None:
    """Two more pods come; after the end no process and no socket of the lab is left."""
    lab.call("scale", kind="deploy", name="web", replicas=2)
    for event in lab.events():
        if event["event"] == "pod" and event.get("ready"):
            pods = lab.call("pods")["pods"]
            if sum(pod["ready"] for pod in pods if pod["workload"] == "web") == 2:
                break
    pids = [each["pid"] for each in lab.call("list")["processes"] if each["pid"]]
    stopped = start.stop("default", lab.folder.root.parent.parent)
    assert stopped.ran
    assert not stopped.removed.processes
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
    assert not [path for path in lab.folder.root.rglob("*") if path.is_socket()]


def test_a_second_start_under_the_same_name_is_refused(lab: LabHandle) -> None:
    """The running lab is untouched, and the author told what to do."""
    with pytest.raises(LabError, match="runs already"):
        start.start("default", Files(), lab.folder.root.parent.parent)
    assert lab.call("pods")["ready"]


def test_the_holder_loads_no_grpc() -> None:
    """Forking and threads of gRPC never meet: the holder does not import it."""
    code = (
        "import sys, json, gossamer.lab.holder.__main__;"
        "print(json.dumps([m for m in sys.modules if m.split('.')[0] in ('grpc', 'google')]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
