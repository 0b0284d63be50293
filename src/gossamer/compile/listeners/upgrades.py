"""What a client may ask a connection to become, and what is passed by.

Without a mesh a server that cannot do what `Upgrade` asks for answers as if nobody had asked (RFC
9110, 7.8), and some clients ask with every request (`Upgrade: TLS/1.2`, `h2c`). Envoy answers 403
to each that it was not told of. So the upgrades that turn a connection into a tunnel are carried,
and every other is taken off the request, which then is an ordinary one.
"""

from __future__ import annotations

import re

from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2,
)

from gossamer.compile.http_filters.connect import CONNECT
from gossamer.compile.side import Direction

CARRIED = ("websocket", "spdy/3.1", "tcp", "tailscale-control-protocol", "derp")
"""WebSocket; Kubernetes' and Docker's `exec` and `attach`; Tailscale's control and relay servers.

Each may be asked of a server that then speaks something else than HTTP on this connection."""

_TOLD_APART_BY = 4  # letters; Envoy bounds the size of a pattern


def allow_upgrades(
    manager: http_connection_manager_pb2.HttpConnectionManager, direction: Direction
) -> None:
    """Have an HTTP connection manager carry what can be carried and pass by what cannot.

    CONNECT is carried between workloads. A gateway serves hosts of its own and is nobody's proxy
    to others.
    """
    for name in CARRIED:
        manager.upgrade_configs.add(upgrade_type=name)
    if direction is not Direction.GATEWAY:
        manager.upgrade_configs.add(upgrade_type=CONNECT)
    manager.http2_protocol_options.allow_connect = True  # the same in HTTP/2 (RFC 8441)
    ignored = manager.http_protocol_options.ignore_http_11_upgrade.add()
    ignored.safe_regex.regex = PASSED_BY


def all_but(words: tuple[str, ...], depth: int) -> str:
    """A pattern of RE2 for each name that begins otherwise than these, by their first letters."""
    starts = sorted({name[:end] for name in words for end in range(min(len(name) + 1, depth))})
    differs = "|".join(re.escape(start) + _another(words, start) for start in starts)
    too_short = "|".join(re.escape(start) for start in starts if start and start not in words)
    return f"(?i)(?:{differs}).*|{too_short}"


def _another(words: tuple[str, ...], start: str) -> str:
    """A letter by which none of the words goes on from a common start."""
    end = len(start)
    known = sorted({name[end] for name in words if name.startswith(start) and len(name) > end})
    return f"[^{''.join(known)}]" if known else "."


PASSED_BY = all_but(CARRIED, _TOLD_APART_BY)
