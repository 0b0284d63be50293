"""Saying what becomes of a stanza with errors in it, or of the whole object.

A stanza that only adds something is left out alone. One that decides where requests go, or how
they are protected, takes its object along: half of it would do what nobody wrote.
"""

from __future__ import annotations

from gossamer.manifests.cursor import Cursor
from gossamer.manifests.manifest import dotted
from gossamer.model.finding import Severity


def left_out(stanza: Cursor, effect: str) -> bool:
    """Whether the stanza has errors; its author then hears what its loss means."""
    if stanza.failed:
        stanza.report(
            f"{dotted(stanza.path)} is left out because of the errors in it",
            effect,
            "Mend the fields that the other findings name",
            severity=Severity.WARNING,
            code="stanza-left-out",
        )
    return stanza.failed


def refuse(top: Cursor, why: str) -> None:
    """Tell that the object as a whole is not used."""
    top.report(
        f"{top.manifest.ref} is refused: {why}",
        "nothing of it is used; the version before it, if there is one, stays in force",
        "Mend the fields that the other findings name",
        field=(),
        code="object-refused",
    )
