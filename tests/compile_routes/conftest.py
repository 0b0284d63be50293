"""Live Envoys are started as tests/compile starts them."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "compile"))

from running_mesh import authority, start

__all__ = ["authority", "start"]
