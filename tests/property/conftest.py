"""Property tests borrow the full documents of tests/dialects and the Envoys of tests/poison."""

from __future__ import annotations

import sys
from pathlib import Path

for folder in ("dialects", "poison"):
    sys.path.insert(0, str(Path(__file__).parents[1] / folder))
