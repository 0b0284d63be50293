"""`python -m gossamer.plane`: the control plane as a process (main.py)."""

from __future__ import annotations

from gossamer.xds.engine import choose_engine

if __name__ == "__main__":
    choose_engine()  # gRPC looks at it when it is imported
    from gossamer.plane.main import main

    main()
