"""Live Envoys are started as tests/compile starts them."""

from __future__ import annotations

from tests.compile.running_mesh import authority, start

__all__ = ["authority", "start"]
