"""Which of gRPC's two engines moves the bytes.

The newer one has threads of its own read every socket and hand each message on to the thread that
Python's completion queue waits in. In the older one that thread reads the sockets itself, which
saves a switch a message: a thousand sidecars that connect on demand cost 2.8 CPU seconds instead
of 4.1 (grpcio 1.85, `python -m bench push -s 1000 -n 1000 --discovery on-demand` with and without
`GRPC_EXPERIMENTS`). gRPC's own name for the choice is "experiments"; one that a later version no
longer knows costs a line in the log.
"""

from __future__ import annotations

import os

SETTING = "GRPC_EXPERIMENTS"
OLDER = "-event_engine_fork,-event_engine_listener,-event_engine_client"


def choose_engine() -> None:
    """Take the older one, unless the environment says otherwise. Before gRPC is imported."""
    os.environ.setdefault(SETTING, OLDER)
