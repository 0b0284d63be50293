"""Fixtures of this folder: real Envoys, as tests/compile runs them."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "compile"))

from running_mesh import authority, start

__all__ = ["authority", "start"]
