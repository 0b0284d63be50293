"""fortio: `server` or `load`."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(name: str, args: Sequence[str]) -> int:
    """`fortio server|load ...`."""
    verb, rest = (args[0], args[1:]) if args else ("server", [])
    if verb == "server":
        from gossamer.apps.fortio.server import serve

        return serve(name, rest)
    if verb == "load":
        from gossamer.apps.fortio.load import run_load

        return run_load(rest)
    message = f"fortio: {verb!r} is not understood here; nothing is done. Use server or load"
    print(message, file=sys.stderr)
    return 2
