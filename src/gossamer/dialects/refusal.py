"""Saying what becomes of a stanza with errors in it, or of the whole object.

It is said as the effect of each error, so that one mistake is one finding.
A stanza that only adds something is left out alone. One that decides where requests go, or how
they are protected, takes its object along: half of it would do what was not written.

Which of the two it is depends on the cursor that reads it: an object's own one decides about the
object, its `optional()` one does not.
"""

from __future__ import annotations

from dataclasses import replace

from gossamer.manifests.cursor import Cursor
from gossamer.manifests.manifest import dotted
from gossamer.model.finding import Severity


def left_out(stanza: Cursor, effect: str) -> bool:
    """Whether the stanza has errors; their effect is then what its loss means."""
    if stanza.failed:
        _amount_to(stanza, f"{dotted(stanza.path)} is left out: {effect}")
    return stanza.failed


def refused(spec: Cursor, why: str, unless: object = True) -> bool:
    """Whether the object is not used as a whole: what decides about it has errors.

    Or nothing is left of what `unless` holds, such as its hosts. Their effect is then that loss.
    """
    broken = spec.failed or not unless
    if broken:
        _amount_to(
            spec,
            f"{spec.manifest.ref} is refused, for {why}; nothing of it is used, and the previous "
            "version, if there is one, stays in force",
            "",
        )
    return broken


def _amount_to(place: Cursor, effect: str, within: str | None = None) -> None:
    """Let this be the effect of every error at a place and inside it."""
    within = dotted(place.path) if within is None else within
    for at, finding in enumerate(place.findings):
        if finding.severity is Severity.ERROR and _is_in(finding.origin.field, within):
            place.findings[at] = replace(finding, effect=effect)


def _is_in(field: str, place: str) -> bool:
    return not place or field == place or field.startswith((f"{place}.", f"{place}["))
