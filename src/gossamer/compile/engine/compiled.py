"""A compiled resource: its bytes, the version that follows from them, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2s

from gossamer.compile.engine.resource_type import ResourceType
from gossamer.model.assembly.change import Change
from gossamer.model.origin import ObjectRef

Need = tuple[ResourceType, str]


@dataclass(frozen=True, slots=True)
class Compiled:
    """One resource for one view, or the knowledge that there is none (`body` None).

    `body` is the serialized message of its kind (JSON for NAMES); `version` a hash of it, "" for
    none; `reads` the facts it rests on; `because` the objects that decided; `needs` what must
    be pushed before it; `undeclared` whether its name is one that callers can make up without end.
    """

    body: bytes | None
    version: str
    reads: Change
    because: tuple[ObjectRef, ...] = ()
    needs: tuple[Need, ...] = ()
    undeclared: bool = False


def version_of(body: bytes) -> str:
    """16 hex digits that follow from the bytes alone."""
    return blake2s(body, digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class WildcardPart:
    """The names that a proxy holds of a kind without asking, and the facts that follow from."""

    names: tuple[str, ...]
    reads: Change
