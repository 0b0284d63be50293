"""The order of network filters, in one place. What reads HTTP or carries bytes comes behind them.

A step builds its filter for one side of a proxy, and says None where it does not stand. One that
comes or goes drains the connections of its filter chain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from envoy.config.listener.v3.listener_components_pb2 import Filter
from google.protobuf.message import Message

from gossamer.compile.engine.discovered import Discovered
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.network_filters import peer_identity
from gossamer.compile.protos import packed
from gossamer.compile.side import Side


class NetworkFilterStep(NamedTuple):
    """A filter, and how it is built for a side."""

    name: str
    build: Callable[[TrackedLookup, Side], Message | Discovered | None]


ORDER: tuple[NetworkFilterStep, ...] = (
    NetworkFilterStep(peer_identity.NAME, peer_identity.only_one_workload),
)


def network_filters(read: TrackedLookup, side: Side) -> Iterator[Filter]:
    """The filters of a side, in their order."""
    for step in ORDER:
        message = step.build(read, side)
        if message is not None:
            yield network_filter(read, step.name, message)


def network_filter(read: TrackedLookup, name: str, config: Message | Discovered) -> Filter:
    """A filter with its configuration, or with where that is found."""
    if isinstance(config, Discovered):
        return Filter(name=str(config.name), config_discovery=config.source(read))
    return Filter(name=name, typed_config=packed(config))
