"""The bounds of reading, checked before anything is built from the text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caps:
    """How much one file and one document may ask for; empty documents cost a marker each.

    `document_characters` is what a Kubernetes API server takes in one request; `nodes` counts
    every key and value after aliases are expanded, so that a billion laughs stay a few.
    """

    file_bytes: int = 32 * 2**20
    documents: int = 20_000
    markers: int = 40_000
    document_characters: int = 3 * 2**20
    depth: int = 100
    aliases: int = 1_000
    nodes: int = 250_000


CAPS = Caps()
