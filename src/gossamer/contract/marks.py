"""How capture knows the proxy's own traffic: by socket mark, and in a cluster by user."""

from __future__ import annotations

OUTBOUND_MARK = 0x539
"""SO_MARK (1337) on what the proxy itself sends to the mesh; capture lets it through."""

BYPASS_MARK = 0x53A
"""SO_MARK (1338) on what a proxy sends to its own workload, and on a lab's probes."""

PROXY_USER = 1337
"""The user and group that a proxy runs as in a cluster, whose traffic is not captured there."""

SOL_SOCKET, SO_MARK = 1, 36
"""The socket option by its Linux numbers, whatever system compiles the configuration."""
