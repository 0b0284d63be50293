"""Promises that are put to the plane: in the present mesh, and in one that is planned."""

from __future__ import annotations

from collections.abc import Sequence

from gossamer.explain.promises.promise import BadPromise, Promise, read_promise
from gossamer.explain.promises.prove import prove
from gossamer.explain.promises.shapes import Proofs, ProofShape, shape_of_proof
from gossamer.model.mesh import Mesh
from gossamer.plane.api.facade import RequestRefused


def stated(texts: Sequence[str]) -> tuple[Promise, ...]:
    """The promises in these texts. Raises RequestRefused(400) for one that is none."""
    try:
        return tuple(map(read_promise, texts))
    except BadPromise as error:
        raise RequestRefused(400, f"{error}. Nothing was proven") from error


def proofs(mesh: Mesh, promises: Sequence[Promise]) -> Proofs:
    """What becomes of them in a mesh."""
    return Proofs([shape_of_proof(mesh, proof) for proof in prove(mesh, promises)])


def proofs_after(before: Mesh, after: Mesh, promises: Sequence[Promise]) -> list[ProofShape]:
    """What becomes of them in the mesh after a change, beside what they came to before."""
    pairs = zip(prove(after, promises), prove(before, promises), strict=True)
    return [shape_of_proof(after, now, then.outcome.value) for now, then in pairs]
