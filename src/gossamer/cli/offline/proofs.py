"""Promises proven in a mesh of files alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from gossamer.cli.offline.promises import StatedPromise
from gossamer.explain.promises.prove import prove
from gossamer.explain.promises.shapes import shape_of_proof
from gossamer.model.mesh import Mesh


def proofs_in(mesh: Mesh, stated: Sequence[StatedPromise]) -> list[dict[str, Any]]:
    """The proofs as JSON, as a plane would tell them."""
    answers = prove(mesh, [each.promise for each in stated])
    return [msgspec.to_builtins(shape_of_proof(mesh, proof)) for proof in answers]
