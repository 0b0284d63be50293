"""Discovered filters that judge requests: where calls arrive, at workloads and at gateways.

They guard, so they have no default: without a configuration Envoy answers 500. What leaves a
workload is judged where it arrives.
"""

from __future__ import annotations

from google.protobuf.message import Message

from gossamer.compile.engine.discovered import Discovered
from gossamer.compile.side import Direction, Side, reporter_of
from gossamer.contract.extension_names import ExtensionName, Layer


def where_calls_arrive(
    side: Side, feature: str, kind: type[Message], idle: type[Message] | None = None
) -> Discovered | None:
    """The filter of a feature, of that kind, or `idle` where it has nothing to do."""
    if side.direction is Direction.OUTBOUND:
        return None
    return Discovered(ExtensionName(reporter_of(side), feature, Layer.HTTP), kind, idle=idle)
