"""`python -m gossamer.agent`: the agent as a process (main.py)."""

from __future__ import annotations

import sys

from gossamer.xds.engine import choose_engine

if __name__ == "__main__":
    choose_engine()  # gRPC looks at it when it is imported
    from gossamer.agent.main import main

    sys.exit(main())
