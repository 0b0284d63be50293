"""Stanzas of a traffic policy that are there and say nothing, which Istio refuses."""

from __future__ import annotations

from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted


def check_says_something(stanza: Fields, *aside: str) -> None:
    """Report a stanza that has no field, those aside. Calls are made as without it."""
    if stanza and not set(stanza.names()) - set(aside):
        stanza.report(
            f"{dotted(stanza.path)} has no settings",
            "Istio refuses it; calls are made as if it were absent",
            "Set how calls are to be made, or remove it",
            code="no-effect",
        )
