"""The object or key that may have been meant where one is named that does not exist."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from gossamer.lab.plan.documents import LabDocuments


def meant(documents: LabDocuments, kind: str, namespace: str, name: str) -> str:
    """`Did you mean …? `, or where the name is; empty where nothing is like it."""
    own = [each.name for each in documents.of(kind) if each.namespace == namespace]
    if near := near_word(name, own):
        return near
    elsewhere = [each.namespace for each in documents.of(kind) if each.name == name]
    return f"It is in namespace {min(elsewhere)}, not in {namespace}. " if elsewhere else ""


def near_word(name: str, known: Iterable[str]) -> str:
    """`Did you mean …? ` of one of these words."""
    near = get_close_matches(name, sorted(known), 1)
    return f"Did you mean {near[0]}? " if near else ""
