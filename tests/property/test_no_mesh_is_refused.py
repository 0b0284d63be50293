"""Whatever our readers accept, Envoy accepts: random meshes through a gateway and a sidecar.

`GOSSAMER_MESHES` says how many in each of two parts (1000 without it: ten a second; 10,000 are
for half an hour), and `GOSSAMER_SEED` where they begin, by which a failure is seen again.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from gossamer.model.workload.labels import labels
from gossamer.plane.documents import read_files
from gossamer.store.document import Document, DocumentKey, document_of
from gossamer.store.paths import File
from tests.poison.real_gateway import Gateway, gateway
from tests.poison.thousand import gateway_pod
from tests.property.everything import EAGER
from tests.property.mutants import mutated, text_of, valid
from tests.waiting import until

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(os.geteuid() != 0, reason="the gateway's ports 80 and 443 need root"),
]
MESHES = int(os.environ.get("GOSSAMER_MESHES", "1000"))
SEED = int(os.environ.get("GOSSAMER_SEED", "1"))
VALID = valid()
NO_FILE = "Invalid path"
"""A file that a proxy should have beside it: nobody else can know whether it is there."""
FRONT = replace(
    gateway_pod(),
    namespace="edge",
    labels=labels({"istio": "ingressgateway", "gateway.networking.k8s.io/gateway-name": "front"}),
)
EXTRA = """
apiVersion: v1
kind: Service
metadata: {name: ratings, namespace: shop}
spec: {selector: {app: reviews}, ports: [{name: grpc, port: 9080, targetPort: web}]}
---
apiVersion: v1
kind: Service
metadata: {name: reviews, namespace: other}
spec: {selector: {app: reviews}, ports: [{name: tcp, port: 9080}]}
---
apiVersion: v1
kind: Secret
metadata: {name: client, namespace: shop}
"""


def drawn(seed: int) -> dict[DocumentKey, Document]:
    """A mesh of that seed: full documents, about half of them with something changed in them.

    What our readers refuse of it is no part of it.
    """
    rng = Random(seed)
    texts = [EXTRA]
    for body in VALID.values():
        wrongs = rng.choice((0, 0, 0, 1, 1, 2, 3))
        texts.append(text_of(mutated(rng, body, wrongs)))
    raw = "\n---\n".join(texts).encode("utf-8", "replace")
    manifests = read_files([File(f"mesh-{seed}.yaml", raw)]).manifests
    return {document.key: document for document in map(document_of, manifests)}


def put(
    gate: Gateway, present: dict[DocumentKey, Document], mesh: dict[DocumentKey, Document]
) -> None:
    """Replace one mesh by another."""
    gone = dict.fromkeys(present.keys() - mesh.keys())
    gate.pipeline.absorb({**gone, **mesh})


async def settled(gate: Gateway) -> bool:
    return gate.synced()


@pytest.mark.timeout(0 if MESHES > 1000 else 600)
@pytest.mark.parametrize("part", [0, 1])
async def test_what_readers_accept_envoy_accepts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    """No mesh of all these is refused, not in part, by neither Envoy."""
    begin = SEED + part * MESHES
    async with gateway(tmp_path, monkeypatch, FRONT, EAGER) as gate:
        present = drawn(begin)
        put(gate, {}, present)
        await gate.start()
        for seed in range(begin, begin + MESHES):
            mesh = drawn(seed)
            put(gate, present, mesh)
            present = mesh
            try:
                await until(lambda: settled(gate), within=20)
            except TimeoutError:
                pytest.fail(f"seed {seed}: no answer to {pending(gate)}")
            refused = [each for each in gate.refusals if NO_FILE not in each]
            assert refused == [], f"seed {seed}"


def pending(gate: Gateway) -> list[dict[str, set[str]]]:
    """What the Envoys have not answered."""
    streams = gate.proxies.streams
    return [streams.pending(stream) for stream in gate.proxies.by_pod.values()]
