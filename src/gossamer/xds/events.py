"""What goes into the protocol core and what comes out of it: values, no I/O."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol, cast

from gossamer.xds.frame import Resource
from gossamer.xds.stream.batch import Batch

EVERYTHING = "*"
"""The name that stands for all of a type."""


class Undecided(Enum):
    """The answer of a source that cannot tell yet; a later `Changed` will make it answer."""

    UNDECIDED = "undecided"


UNDECIDED = Undecided.UNDECIDED
Answer = Resource | None | Undecided


class ResourceSource(Protocol):
    """Where a subscription reads the present truth of its type.

    The core pulls at the moment it composes a response, so a name that changed a thousand times
    while the client was busy is sent once, in its last version, and nothing is copied meanwhile.
    """

    def get(self, name: str) -> Answer:
        """The resource of an asked name, an alias or a resource's own name.

        None: there is nothing behind it.
        """

    def wildcard(self) -> Collection[str] | Undecided:
        """The names that a subscription to everything takes in."""


class SharedSource(ResourceSource, Protocol):
    """A source that several clients read, and that joins what they get alike."""

    def batch(self, names: tuple[str, ...]) -> tuple[Batch, tuple[str, ...]] | None:
        """Some of these names at once, and the rest of them. None if nothing is worth joining.

        All of it is new to whoever asks. Names in the batch are the resources' own.
        """


def shared(source: ResourceSource) -> SharedSource | None:
    """The source, if it joins. (Python's check of a whole protocol costs 0.1 ms, each time.)"""
    return cast("SharedSource", source) if hasattr(source, "batch") else None


# Events


@dataclass(frozen=True, slots=True)
class Subscribe:
    """A client asks for names; with what it holds already, on the first request of a stream."""

    names: tuple[str, ...] = ()
    initial: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """A client drops names and what it held under them."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ack:
    """A client took a whole response."""

    nonce: str


@dataclass(frozen=True, slots=True)
class Nack:
    """A client refused a response, perhaps after applying a part of it."""

    nonce: str
    message: str


@dataclass(frozen=True, slots=True)
class Changed:
    """The source may answer differently for these names; EVERYTHING: for all in the wildcard."""

    names: Iterable[str]


Event = Subscribe | Unsubscribe | Ack | Nack | Changed

# Commands


@dataclass(frozen=True, slots=True)
class Send:
    """Write this response: the batch, if there is one, and the resources."""

    type_url: str
    nonce: str
    resources: tuple[Resource, ...] = ()
    removed: tuple[str, ...] = ()
    batch: Batch | None = None

    @property
    def names(self) -> Iterator[str]:
        """The names of all resources in it."""
        yield from (resource.name for resource in self.resources)
        yield from self.batch.versions if self.batch else ()

    @property
    def size(self) -> int:
        """Its bytes, nearly."""
        joined = len(self.batch.frames) if self.batch else 0
        return joined + sum(len(resource.frame) for resource in self.resources)


@dataclass(frozen=True, slots=True)
class Used:
    """Names were asked for, for the first time on this stream."""

    type_url: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Acked:
    """The client has applied these versions (ABSENT: it knows that the name is gone)."""

    type_url: str
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rejected:
    """The client refuses this version of this resource; it is not sent again."""

    type_url: str
    name: str
    version: str
    message: str


@dataclass(frozen=True, slots=True)
class StreamFailed:
    """Our own side raised while answering this name; the other names and types go on."""

    type_url: str
    name: str
    error: Exception


Note = Used | Acked | Rejected | StreamFailed
Command = Send | Note
