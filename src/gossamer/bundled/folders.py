"""Where the bundled files are.

`examples` and `docs` beside this module are links to the folders at the top of a checkout; a wheel
holds their files in this place, so one path is right in both.
"""

from __future__ import annotations

from pathlib import Path

EXAMPLES = Path(__file__).parent / "examples"
DOCS = Path(__file__).parent / "docs"
