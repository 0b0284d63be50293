"""Doors for tests that are about something else than who comes in."""

from __future__ import annotations

import time
from pathlib import Path

from gossamer.plane.access.actor import Actor
from gossamer.plane.access.audit import AUDIT_LOG, Audit
from gossamer.plane.access.door import OPERATOR, Door
from gossamer.plane.access.scoped_plane import ScopedPlane
from gossamer.plane.access.token_store import TokenStore
from gossamer.plane.access.writer import AuditedWriter
from gossamer.plane.pipeline import Pipeline

OPERATES = AuditedWriter(Actor("a test", OPERATOR), None)
"""Whoever may change everything, unrecorded."""

OPEN = Door(lambda whole, actor: whole)
"""The door of a plane without tokens: the socket's owner operates the mesh."""


def door_in(folder: Path, pipeline: Pipeline) -> Door:
    """A whole door, whose files are in the folder."""
    return Door(
        lambda whole, actor: ScopedPlane(whole, actor, lambda: pipeline.mesh),
        TokenStore(folder / "tokens.json", time.time),
        Audit(folder / AUDIT_LOG, time.time),
    )
