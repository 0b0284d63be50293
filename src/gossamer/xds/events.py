"""What goes into the protocol core and what comes out of it: values, no I/O."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from gossamer.xds.frame import Resource

EVERYTHING = "*"
"""The name that stands for all of a type."""


class Undecided(Enum):
    """The answer of a source that cannot tell yet; a later `Changed` will make it answer."""

    UNDECIDED = "undecided"


UNDECIDED = Undecided.UNDECIDED
Answer = Resource | None | Undecided


class Shelf(Protocol):
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
    """The shelf may answer differently for these names; EVERYTHING: for all in the wildcard."""

    names: Iterable[str]


Event = Subscribe | Unsubscribe | Ack | Nack | Changed

# Commands


@dataclass(frozen=True, slots=True)
class Send:
    """Write this response."""

    type_url: str
    nonce: str
    resources: tuple[Resource, ...] = ()
    removed: tuple[str, ...] = ()


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
class Failed:
    """Our own side raised while answering this name; the other names and types go on."""

    type_url: str
    name: str
    error: Exception


Note = Used | Acked | Rejected | Failed
Command = Send | Note
