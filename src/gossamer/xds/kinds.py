"""The resource types, and how each tells a client that a name has nothing behind it.

What real Envoy does differs by type, so the protocol core reads this table instead of knowing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from gossamer.contract.type_urls import (
    CLUSTER,
    ENDPOINT,
    EXTENSION,
    LISTENER,
    NAMES,
    ROUTE,
    SECRET,
    VIEWS,
    VIRTUAL_HOST,
)
from gossamer.xds import wire
from gossamer.xds.frame import ABSENT, Resource, frame_absent, frame_resource


class Leaving(Enum):
    """When a client that holds a resource is told that it is gone."""

    AT_ONCE = "nothing points at it, so it goes with the change that drops it"
    LAST = "others point at it, so it goes after they were acknowledged"
    NEVER = "clients keep their last one and ignore or refuse a removal"


class Negative(Enum):
    """Negative answers that are not an entry of their own."""

    REMOVED = "the name stands among the removed"
    SILENCE = "there is no negative answer; the client waits"


@dataclass(frozen=True, slots=True)
class TypeRules:
    """How one type of resource behaves on a stream.

    `in_flight`: how many responses may await their ACK. `empty_is_all`: whether a first request
    without names asks for everything (otherwise it merely opens the type). `keeps_unasked`:
    whether Envoy keeps what is pushed before it asks; secrets and filters' configurations it drops,
    and asks later.
    """

    type_url: str
    negative: Callable[[str], Resource] | Negative
    leaving: Leaving
    in_flight: int = 1
    empty_is_all: bool = False
    keeps_unasked: bool = True


def empty_assignment(name: str) -> Resource:
    """A ClusterLoadAssignment without endpoints: calls fail fast and the cluster can warm."""
    return frame_resource(ENDPOINT, name, ABSENT, wire.text(1, name))


# Envoy withholds the ACK of a Cluster while any cluster warms, so clusters don't wait for ACKs;
# the bound keeps a client that never ACKs from being sent every change.
_KINDS = (
    TypeRules(CLUSTER, Negative.REMOVED, Leaving.LAST, in_flight=16, empty_is_all=True),
    TypeRules(ENDPOINT, empty_assignment, Leaving.LAST),
    TypeRules(SECRET, Negative.SILENCE, Leaving.NEVER, keeps_unasked=False),
    TypeRules(EXTENSION, Negative.SILENCE, Leaving.NEVER, keeps_unasked=False),
    TypeRules(LISTENER, Negative.REMOVED, Leaving.AT_ONCE, empty_is_all=True),
    TypeRules(ROUTE, Negative.SILENCE, Leaving.NEVER),
    TypeRules(VIRTUAL_HOST, frame_absent, Leaving.AT_ONCE, empty_is_all=True),
    TypeRules(NAMES, Negative.REMOVED, Leaving.AT_ONCE, empty_is_all=True),
    # What a relay sees goes ahead of what it then sees, whatever it has yet to acknowledge.
    TypeRules(VIEWS, Negative.REMOVED, Leaving.AT_ONCE, in_flight=16),
)
KINDS = {kind.type_url: kind for kind in _KINDS}

ORDER = (VIEWS, CLUSTER, ENDPOINT, SECRET, EXTENSION, LISTENER, ROUTE, VIRTUAL_HOST)
"""What is pointed at comes before what points at it; removals go the other way.

A relay is told what it sees now before it sees it.
"""


def kind_of(type_url: str) -> TypeRules:
    """The row of a type; an unknown type behaves as the specification says."""
    return KINDS.get(type_url) or TypeRules(
        type_url, Negative.REMOVED, Leaving.LAST, empty_is_all=True
    )
