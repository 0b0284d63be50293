"""The same documents give the same bytes: in any order, in any portions, under any hash seed.

`GOSSAMER_ORDERS` says how many permutations each of two processes makes (8 without it),
`GOSSAMER_SEED` which mesh.
"""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from random import Random

from gossamer.cli.reading import read_all
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.model import tables
from gossamer.model.assembly.assemble import assemble
from gossamer.model.fragment import Contribution
from gossamer.model.mesh import Mesh
from gossamer.model.observed import observed_pods
from gossamer.model.origin import ObjectRef
from gossamer.store.paths import File
from tests.poison.thousand import gateway_pod
from tests.property.everything import EAGER, PODS, everything_of
from tests.property.mutants import mutated, text_of, valid

ORDERS = int(os.environ.get("GOSSAMER_ORDERS", "8"))
SEED = int(os.environ.get("GOSSAMER_SEED", "1"))
RIVALS = 3
ROOT = Path(__file__).parents[2]
KINDS = {
    ResourceType.LISTENER,
    ResourceType.ROUTE,
    ResourceType.CLUSTER,
    ResourceType.ENDPOINTS,
    ResourceType.VIRTUAL_HOST,
    ResourceType.SECRET,
}


def documents(seed: int) -> list[str]:
    """Full documents of every kind, and rivals by other names that say almost the same."""
    rng, made = Random(seed), [text_of(body) for body in valid().values()]
    for rival in range(RIVALS):
        for body in valid().values():
            other = mutated(rng, body, rng.randrange(3))
            if isinstance(other.get("metadata"), dict):
                other["metadata"]["name"] = f"rival-{rival}-{other['metadata'].get('name')}"
            made.append(text_of(other))
    return made


def compiled(seed: int, order: int) -> dict[str, str]:
    """By pod, kind and name the version and reasons, of documents that come so shuffled."""
    rng, texts, pods = Random(order), documents(seed), list(PODS)
    rng.shuffle(texts)
    rng.shuffle(pods)
    mesh = Mesh(Mesh().facts.set(tables.ROOTS.key("*"), b"ROOTS"))
    while texts or pods:
        portion, texts = texts[: (cut := rng.randrange(1, 60))], texts[cut:]
        came, pods = pods[: (some := rng.randrange(3))], pods[some:]
        mesh, _ = assemble(mesh, contributions(portion), observed_pods(came))
    return {
        f"{pod.key} {kind.name} {name}": f"{made.version} {made.because} {made.needs}"
        for pod in PODS
        for kind, name, made in everything_of(mesh, pod)
    }


def contributions(texts: list[str]) -> dict[ObjectRef, Contribution]:
    """What the documents say that their dialects accept."""
    files = [File(f"{sha256(text.encode()).hexdigest()}.yaml", text.encode()) for text in texts]
    return {each.object: each for each in read_all(files).contributions}


def digests(seed: int, first: int) -> list[str]:
    """A digest for each permutation, and last what stands for the names that were compiled."""
    found = (compiled(seed, order) for order in range(first, first + ORDERS))
    return [
        sha256("\n".join(sorted(map(str, each.items()))).encode()).hexdigest() for each in found
    ]


def test_two_processes_agree_on_every_order() -> None:
    """Permutations in portions, in two processes whose hashes are seeded otherwise."""
    one = _elsewhere("1", first=0)
    two = _elsewhere("2", first=ORDERS)
    assert len(one) == len(two) == ORDERS
    assert len({*one, *two}) == 1


def test_all_kinds_of_resources_take_part() -> None:
    """What the digests stand for holds every kind, and most names have a resource."""
    made = compiled(SEED, 0)
    full = [name.split(" ")[1] for name, said in made.items() if not said.startswith(" ")]
    assert {kind.name for kind in KINDS} <= set(full)
    assert len(full) > 150
    assert {pod.key for pod in (EAGER, gateway_pod())} <= {name.split(" ")[0] for name in made}


def _elsewhere(hash_seed: str, first: int) -> list[str]:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
    say = f"import tests.property.test_order_means_nothing as t; print(*t.digests({SEED}, {first}))"
    command = [sys.executable, "-c", say]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.split()
