"""A pipeline that observed whom to trust, as a plane does before anything else."""

from __future__ import annotations

from gossamer.model import tables
from gossamer.model.ids import EVERYWHERE
from gossamer.plane.pipeline import Pipeline


def rooted_pipeline(roots: bytes = b"roots") -> Pipeline:
    """An empty mesh with these trust roots, PEM."""
    pipeline = Pipeline()
    pipeline.advance({}, {tables.ROOTS.key(EVERYWHERE): roots})
    return pipeline
