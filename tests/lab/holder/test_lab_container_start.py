"""What a container is started with: variables of Services, and the words of a stand-in."""

from __future__ import annotations

from pathlib import Path

import pytest

from gossamer.lab.holder.pods.pod_context import BoundFolder
from gossamer.lab.holder.pods.pod_sandbox import PodSandbox, clear, prepare
from gossamer.lab.plan.documents import LabDocuments
from gossamer.lab.plan.pod.command import LabSettings
from gossamer.lab.plan.workloads import plan_pods
from tests.lab.holder.stand_ins import FakeSite
from tests.lab.plan.documents_of import documents_of

POD = """
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  enableServiceLinks: LINKS
  containers:
  - name: app
    image: registry.example/web
    env:
    - {name: CART_ADDR, value: "$(CART_SERVICE_HOST):7070"}
    - {name: CART_PORT, value: own}
    - {name: KEY, valueFrom: {secretKeyRef: {name: absent, key: key}}}
---
apiVersion: v1
kind: Service
metadata: {name: cart}
spec: {selector: {app: cart}, ports: [{name: grpc, port: 7070}]}
"""
CART = "cart.default.svc.cluster.local"


async def prepared(
    tmp_path: Path, documents: LabDocuments, stand_in: bool = True
) -> PodSandbox | str:
    settings = LabSettings(stand_in_for_all=stand_in, runs_here=lambda program: True)
    (pod,) = plan_pods(documents, settings).pods
    return await prepare(pod, ("10.244.0.9",), FakeSite(tmp_path, documents).context)


async def test_a_container_has_the_variables_of_services(tmp_path: Path) -> None:
    """Beneath its own; a stand-in calls what they mean, and is told of what is missing."""
    sandbox = await prepared(tmp_path, documents_of(POD.replace("LINKS", "true")))
    assert isinstance(sandbox, PodSandbox)
    variables = sandbox.variables["app"]
    assert variables["CART_SERVICE_HOST"] == "10.96.0.1"
    assert variables["CART_ADDR"] == "10.96.0.1:7070"
    assert variables["CART_PORT"] == "own"
    words = sandbox.words["app"]
    assert ("--call", f"grpc://{CART}:7070", "env CART_ADDR") == words[words.index("--call") :][:3]
    assert "Secret default/absent" in words[words.index("--note") + 1]


async def test_a_pod_may_do_without_them(tmp_path: Path) -> None:
    """`enableServiceLinks: false`, as in Kubernetes."""
    sandbox = await prepared(tmp_path, documents_of(POD.replace("LINKS", "false")))
    assert isinstance(sandbox, PodSandbox)
    assert not [name for name in sandbox.variables["app"] if name.startswith("CART_SERVICE")]
    assert sandbox.variables["app"]["CART_ADDR"] == "$(CART_SERVICE_HOST):7070"


@pytest.mark.parametrize("links", ["true", "false"])
async def test_a_program_misses_its_secret(tmp_path: Path, links: str) -> None:
    """Only stand-ins do without."""
    text = POD.replace("LINKS", links).replace("    env:", "    command: [/bin/web]\n    env:")
    why = await prepared(tmp_path, documents_of(text), stand_in=False)
    assert isinstance(why, str)
    assert "Secret default/absent" in why


ASKS = """
apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations: {gossamer.dev/workload-api: "ASKED", sidecar.istio.io/inject: "INJECTED"}
spec: {containers: [{name: app, image: registry.example/web}]}
"""


@pytest.mark.parametrize(
    ("asked", "injected"), [("true", "true"), ("false", "true"), ("true", "false")]
)
async def test_who_asks_sees_its_own_socket(tmp_path: Path, asked: str, injected: str) -> None:
    """Its folder is bound read-only and named to SPIFFE libraries; without a proxy, none."""
    documents = documents_of(ASKS.replace("ASKED", asked).replace("INJECTED", injected))
    settings = LabSettings(stand_in_for_all=True, runs_here=lambda program: True)
    (pod,) = plan_pods(documents, settings).pods
    site = FakeSite(tmp_path, documents)
    sandbox = await prepare(pod, ("10.244.0.9",), site.context)
    assert isinstance(sandbox, PodSandbox)
    folder = tmp_path / "agent" / "api" / "default.web"
    served = (asked, injected) == ("true", "true")
    variable = "unix:///run/spiffe/api.sock" if served else None
    assert sandbox.variables["app"].get("SPIFFE_ENDPOINT_SOCKET") == variable
    bound = (BoundFolder("/run/spiffe", folder, True),) if served else ()
    assert (site.ground.bound, folder.exists()) == (bound, served)
    clear(pod.key, site.context)
    assert not folder.exists()
