"""What a proxy holds, as the goldens show it."""

from __future__ import annotations

from typing import Any

from gossamer.compile.kinds import Kind
from gossamer.compile.message import shown
from gossamer.compile.reach import Bodies, all_bodies

__all__ = ["Bodies", "all_bodies", "readable"]


def readable(kind: Kind, body: bytes | None) -> Any:
    """A body as what its protobuf JSON says; None for none."""
    if body is None:
        return None
    return _without_logs(shown(kind, body))


def _without_logs(value: Any) -> Any:
    """The same without access logs: long, alike everywhere, and no feature changes them."""
    if isinstance(value, dict):
        return {k: _without_logs(v) for k, v in value.items() if k != "accessLog"}
    return [_without_logs(item) for item in value] if isinstance(value, list) else value
