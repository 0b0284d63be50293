"""The names of discovered filters, by which a proxy asks for their configuration.

`REPORTER|WORD|LAYER`: `client|access_log|http` is the filter of that feature among the HTTP filters
where calls leave a proxy's workload or enter by a gateway, `server|access_log|tcp` the one among
the network filters where calls arrive.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ReporterSide(StrEnum):
    """Which end of an edge a proxy counts as."""

    CLIENT = "client"
    SERVER = "server"


class Layer(StrEnum):
    """What a filter is given: requests, or bytes."""

    HTTP = "http"
    TCP = "tcp"


@dataclass(frozen=True, slots=True)
class ExtensionName:
    """A discovered filter: which end of an edge it stands at, its feature, what it is given."""

    reporter: ReporterSide
    word: str
    layer: Layer

    def __str__(self) -> str:
        return f"{self.reporter}|{self.word}|{self.layer}"


def parse_extension(name: str) -> ExtensionName | None:
    """What `REPORTER|WORD|LAYER` says; None for any other name."""
    parts = name.split("|")
    if len(parts) != 3 or parts[0] not in _REPORTERS or parts[2] not in _LAYERS or not parts[1]:
        return None
    return ExtensionName(ReporterSide(parts[0]), parts[1], Layer(parts[2]))


CONNECTION_RULES = "server|authorization|tcp"
"""The filter whose rules decide about connections; the one behind it reads its answer."""

_REPORTERS = frozenset(ReporterSide)
_LAYERS = frozenset(Layer)
