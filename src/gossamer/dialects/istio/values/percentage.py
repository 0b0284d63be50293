"""Percentages as Istio writes them: `percentage: {value: 0.1}`, or an old whole number."""

from __future__ import annotations

from gossamer.manifests.fields import Fields


def read_percentage(fields: Fields, *olds: str, name: str = "percentage") -> float | None:
    """From 0 to 100; None where nothing is set, or something wrong (`fields.failed`)."""
    stanza = fields.child(name)
    percent = stanza.number("value", 0.0, low=0, high=100) if stanza else None
    for old in olds:
        older = fields.integer(old, low=0, high=100)
        if percent is None and older is not None:
            percent = float(older)
    return percent
