"""Which ports a pod listens on at loopback addresses alone, by the kernel's tables."""

from __future__ import annotations

import socket
from pathlib import Path

from gossamer.lab.plan.access.listening import loopback_ports, open_ports

HEAD = "  sl  local_address rem_address   st tx_queue\n"


def row(address: str, port: int, state: str = "0A") -> str:
    return f"   0: {address}:{port:04X} 00000000:0000 {state} 0\n"


def test_only_loopback_counts() -> None:
    """A port with one more listener at all addresses is reached; so is one at the pod's address."""
    table = HEAD + row("0100007F", 80) + row("0100007F", 81) + row("00000000", 81)
    assert loopback_ports([table + row("0201F40A", 82)]) == (80,)
    assert open_ports([table + row("0201F40A", 82), HEAD + row("00000000", 15006)]) == (81, 82)


def test_ipv6_is_read_alike() -> None:
    """::1 and the IPv4 loopback inside IPv6 are loopback, :: is not."""
    one, mapped = "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"
    table = HEAD + row(one, 80) + row(mapped, 81) + row("0" * 32, 82)
    assert loopback_ports([table]) == (80, 81)
    assert loopback_ports([table, HEAD + row("00000000", 80)]) == (81,)


def test_connections_and_the_proxys_own_ports_do_not_count() -> None:
    """Only what listens is meant, and the proxy's admin address is its own affair."""
    assert loopback_ports([HEAD + row("0100007F", 80, "01") + row("0100007F", 15000)]) == ()


def test_the_kernels_own_table_is_understood() -> None:
    """As this machine writes it."""
    with socket.create_server(("127.0.0.1", 0)) as alone, socket.create_server(("", 0)) as every:
        found = loopback_ports([Path("/proc/self/net/tcp").read_text()])
        assert alone.getsockname()[1] in found
        assert every.getsockname()[1] not in found
