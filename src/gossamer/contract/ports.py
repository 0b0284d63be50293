"""The ports that a proxy has for itself: capture sends connections there, and Envoy listens."""

from __future__ import annotations

OUTBOUND_PORT = 15001
"""Where the calls of a captured workload arrive."""

INBOUND_PORT = 15006
"""Where calls to a captured workload arrive."""

READINESS_PORT = 15021
READINESS_PATH = "/healthz/ready"
"""Where every proxy answers whether it is ready."""

PROXY_PORTS = range(15000, 15100)
"""Listening sockets on these are a proxy's and not its application's."""

EGRESS_PORT = 15101
"""Where a lab's edge takes connections to the outside, in the world's own network."""


def port_number(text: str) -> int | None:
    """A port from 1 to 65535 in plain digits, as it is printed, or None."""
    if not (text.isascii() and text.isdigit() and len(text) <= 5) or text[0] == "0":
        return None
    number = int(text)
    return number if number < 65536 else None
