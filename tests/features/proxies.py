"""What a proxy holds, as the goldens show it."""

from __future__ import annotations

from typing import Any

from gossamer.compile.engine.closure import Bodies, all_bodies
from gossamer.compile.engine.message import shown
from gossamer.compile.engine.resource_type import ResourceType

__all__ = ["Bodies", "all_bodies", "readable"]


def readable(kind: ResourceType, body: bytes | None) -> Any:
    """A body as what its protobuf JSON says; None for none."""
    if body is None:
        return None
    return _without_logs(shown(kind, body))


def _without_logs(value: Any) -> Any:
    """The same without access logs: long, alike everywhere, and no feature changes them."""
    if isinstance(value, dict):
        return {k: _without_logs(v) for k, v in value.items() if k != "accessLog"}
    return [_without_logs(item) for item in value] if isinstance(value, list) else value
