"""`python -m bench NAME [options]`: run one benchmark."""

from __future__ import annotations

import sys
from importlib import import_module

from gossamer.xds.engine import choose_engine

NAMES = (
    "push",
    "load",
    "growth",
    "curves",
    "floor",
    "first_use",
    "first_floor",
    "memory",
    "start",
    "first_hour",
    "stand_ins",
    "applications",
    "path",
    "parts",
    "peer",
    "change",
    "stand",
    "exposition",
    "ecds",
    "authorization",
    "policies",
    "rego",
    "handshake",
)


def main() -> None:
    """Run the benchmark that is named; its options follow."""
    if len(sys.argv) < 2 or sys.argv[1] not in NAMES:
        sys.exit(f"usage: python -m bench {{{','.join(NAMES)}}} [options]   (each has --help)")
    name = sys.argv[1]
    sys.argv[:2] = [f"bench {name}"]
    choose_engine()  # as the agent does, whose connections are imitated here
    import_module(f"bench.{name}").main()


if __name__ == "__main__":
    main()
