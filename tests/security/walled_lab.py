"""A lab with a victim and an attacker in it, as root and as an ordinary user, for attacks."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gossamer.lab.cleanup import ledger_of
from tests.e2e.lab_under_test import Lab, forget, new_home
from tests.e2e.small_mesh import PROBED, SLEEPS, service, with_identity, workload

HERE = Path(__file__).parent

SOMEBODY = 12345
SECRET_PIN = "4711-0815"
MANIFESTS = (
    workload("attacker", "docker.io/curlimages/curl:8.16.0", more=SLEEPS)
    + with_identity(
        workload("bank", more=f'{PROBED}\n        env: [{{name: PIN, value: "{SECRET_PIN}"}}]')
    )
    + service("bank")
    + """
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default}
spec: {mtls: {mode: STRICT}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {colour: blue}
---
apiVersion: v1
kind: Secret
metadata: {name: pin}
stringData: {pin: "0815"}
---
apiVersion: v1
kind: Pod
metadata:
  name: outsider
  annotations: {sidecar.istio.io/inject: "false"}
spec:
  initContainers:
  - name: first
    image: busybox
    command: [sh, -c, "echo prepared > /data/prepared"]
    volumeMounts: [{name: own, mountPath: /data}]
  containers:
  - name: outsider
    image: busybox
    command: [sleep, infinity]
    volumeMounts:
    - {name: settings, mountPath: /etc/settings}
    - {name: pin, mountPath: /etc/pin}
    - {name: both, mountPath: /etc/both}
    - {name: own, mountPath: /data}
  volumes:
  - {name: settings, configMap: {name: settings}}
  - {name: pin, secret: {secretName: pin}}
  - name: both
    projected:
      sources:
      - secret: {name: pin}
      - downwardAPI: {items: [{path: name, fieldRef: {fieldPath: metadata.name}}]}
  - {name: own, emptyDir: {}}
"""
)


class WalledLab(Lab):
    """A lab whose pods are told to attack."""

    def tried(self, pod: str, script: str, *words: object) -> Any:
        """What a script of this folder says, as JSON, when it runs in a pod's container."""
        source = HERE.joinpath(script).read_text()
        python = self.command()[0]
        argv = (python, "-I", "-S", "-c", source, *(json.dumps(word) for word in words))
        return json.loads(self.exec(pod, *argv).stdout)

    def pids(self) -> dict[str, int]:
        """Every process that the lab started, and the holder, by name."""
        holder = json.loads((self.folder / "lab.json").read_text())["pid"]
        return {"holder": holder} | {e.name: e.pid for e in ledger_of(self.folder).entries()}


def _lab(uid: int | None) -> Iterator[WalledLab]:
    home = new_home()
    if uid is not None:
        os.chown(home, uid, uid)
    lab = WalledLab("walls", home, uid)
    try:
        path = home / "walls.yaml"
        path.write_text(MANIFESTS)
        path.chmod(0o644)
        lab.up(path)
        yield lab
    finally:
        lab.down()
        forget(home)


_AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="root alone runs labs of other users")


@pytest.fixture(
    scope="session",
    params=[pytest.param(None, id="own"), pytest.param(SOMEBODY, id="somebody", marks=_AS_ROOT)],
)
def walled(request: pytest.FixtureRequest) -> Iterator[WalledLab]:
    """The lab, once of the tester (root, in most places), once of an ordinary user."""
    yield from _lab(request.param)
