"""A lab for measuring: real capture, real Envoys, agent and plane, in a state folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gossamer.lab.home import LabFolder

NAME = "bench"
PATIENCE_S = 600


@dataclass(frozen=True, slots=True)
class Lab:
    """A lab that is up; `folder` is where it lives, manifests included."""

    folder: Path

    def run(self, *words: str) -> str:
        """What a gossamer command prints."""
        command = [sys.executable, "-m", "gossamer.cli.main", *words]
        environment = {**os.environ, "GOSSAMER_HOME": str(self.folder)}
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=PATIENCE_S
        )
        if done.returncode:
            raise RuntimeError(f"gossamer {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def python(self, workload: str, script: str, *args: str) -> Any:
        """What a script run in a pod prints, as JSON."""
        inside = [sys.executable, "-I", "-c", script, *args]
        return json.loads(self.run("exec", "--name", NAME, f"deploy/{workload}", "--", *inside))

    def settle(self, workload: str) -> None:
        """Wait until one pod of a workload is there, ready."""
        for _ in range(PATIENCE_S):
            pods = json.loads(self.run("get", "pods", "--name", NAME, "-o", "json"))
            mine = [pod for pod in pods if pod.get("workload") == workload]
            if len(mine) == 1 and mine[0]["ready"]:
                return
            time.sleep(1)
        raise TimeoutError(workload)

    def apply(self, text: str) -> None:
        """Declare something more."""
        path = self.folder / "applied.yaml"
        path.write_text(text)
        self.run("apply", "--name", NAME, "-f", str(path))

    @property
    def home(self) -> LabFolder:
        """Where its sockets are."""
        return LabFolder(self.folder / "labs" / NAME)

    def status(self) -> dict[str, Any]:
        """Plane and proxies, with their processes."""
        found: dict[str, Any] = json.loads(self.run("status", "--name", NAME, "-o", "json"))
        return found

    def envoy(self, workload: str) -> int:
        """The process of the sidecar of a workload's one pod."""
        proxies = self.status()["proxies"]
        return next(
            int(each["pid"]) for each in proxies if each["workload"] == f"default/{workload}"
        )


@contextmanager
def lab(manifests: str) -> Iterator[Lab]:
    """Bring manifests up; the lab ends with the context."""
    with TemporaryDirectory(prefix="gb-") as folder:
        running = Lab(Path(folder))
        path = running.folder / "mesh.yaml"
        path.write_text(manifests)
        try:
            running.run("up", "--name", NAME, str(path), "--detach", "--wait", str(PATIENCE_S))
            yield running
        finally:
            running.run("down", "--name", NAME)


def client(name: str, annotations: str = "{}", replicas: int = 1) -> str:
    """A deployment that does nothing, to run clients in."""
    return _DEPLOYMENT.format(name=name, annotations=annotations, replicas=replicas, what=_CLIENT)


def server(name: str, annotations: str = "{}") -> str:
    """A deployment of httpbin."""
    return _DEPLOYMENT.format(name=name, annotations=annotations, replicas=1, what=_SERVER)


def service(name: str, app: str) -> str:
    """A service before it."""
    return _SERVICE.format(name=name, app=app)


_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}, annotations: {annotations}}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - {what}
"""

_CLIENT = "{name: main, image: gossamer.dev/examples/curl:1, command: [/bin/sleep, infinity]}"
_SERVER = (
    "{name: main, image: gossamer.dev/examples/httpbin:v1, ports: [{containerPort: 8080}], "
    "readinessProbe: {httpGet: {path: /status/200, port: 8080}, periodSeconds: 1}}"
)

_SERVICE = """\
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec:
  selector: {{app: {app}}}
  ports: [{{name: http, port: 8000, targetPort: 8080}}]
"""
