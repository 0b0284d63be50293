"""The same resources give the same bytes: in any order, in any process, in any dialect."""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest

from gossamer.compile.engine.resource_type import ResourceType
from tests.compile.routes.manifest_texts import documents, pod, service, spec
from tests.compile.routes.random_mesh import built, compiled, entries, pods, texts
from tests.compile.routes.route_calls import small_mesh


def digest(seed: int, order: int) -> str:
    """A digest of all that the city of that seed compiles to, its documents so shuffled."""
    written, people = texts(Random(seed)), pods(Random(seed))
    names, keys = sorted(written), sorted(people)
    Random(order).shuffle(names)
    Random(order).shuffle(keys)
    mesh = built({name: written[name] for name in names}, {key: people[key] for key in keys})
    proto = compiled(mesh, entries(mesh, people))
    lines = sorted(
        f"{kind.name} {view} {name} {each.version} {each.because} {each.needs}"
        for (kind, view, name), each in proto.items()
    )
    return sha256("\n".join(lines).encode()).hexdigest()


@pytest.mark.parametrize("order", range(3))
def test_the_order_of_documents_means_nothing(order: int) -> None:
    """Shuffled files and pods compile to the same bytes, reasons and needs."""
    assert digest(1, order) == digest(1, 99)


def test_processes_agree() -> None:
    """Two processes whose hashes are seeded otherwise compile the same bytes."""
    first, second = (_in_another_process(seed) for seed in ("1", "2"))
    assert first == second == digest(2, 0)


def _in_another_process(hash_seed: str) -> str:
    root = str(Path(__file__).parents[3])
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": root}
    code = "from tests.compile.routes.test_deterministic import digest; print(digest(2, 0))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


THREE = {
    "Istio": spec(
        "VirtualService",
        """
        hosts: [reviews]
        http:
        - route:
          - {destination: {host: reviews-v1}, weight: 90}
          - {destination: {host: reviews-v2}, weight: 10}
        """,
    ),
    "Gateway API": spec(
        "HTTPRoute",
        """
        parentRefs: [{group: "", kind: Service, name: reviews}]
        rules:
        - backendRefs:
          - {name: reviews-v1, port: 9080, weight: 90}
          - {name: reviews-v2, port: 9080, weight: 10}
        """,
    ),
    "SMI": spec(
        "TrafficSplit",
        """
        service: reviews
        backends: [{service: reviews-v1, weight: 90}, {service: reviews-v2, weight: 10}]
        """,
    ),
}


def test_three_dialects_one_intent() -> None:
    """A share of 90 to 10 is the same bytes, whoever's words it is said in."""
    each = ("reviews", "reviews-v1", "reviews-v2")
    base = documents(pod("client"), *(service(name) for name in each), *(pod(n) for n in each))
    name = "9080/reviews.default.svc.cluster.local"
    bodies = {
        dialect: small_mesh(documents(base, text))
        .compiled(ResourceType.VIRTUAL_HOST, name, "default/client")
        .body
        for dialect, text in THREE.items()
    }
    assert bodies["Istio"] == bodies["Gateway API"] == bodies["SMI"]
    assert (
        bodies["Istio"]
        != small_mesh(base).compiled(ResourceType.VIRTUAL_HOST, name, "default/client").body
    )
