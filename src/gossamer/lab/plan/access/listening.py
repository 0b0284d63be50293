"""On which addresses the processes of a pod listen, by the kernel's own tables.

Source: proc_net_tcp.txt of the kernel's documentation. An address is four bytes, or four words of
four bytes each, in the machine's byte order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv6Address, ip_address
from sys import byteorder

from gossamer.contract.ports import PROXY_PORTS

_LISTEN = "0A"


def loopback_ports(tables: Iterable[str]) -> tuple[int, ...]:
    """The ports that are listened on at loopback addresses alone; the proxy's own left out.

    `tables` are the texts of /proc/PID/net/tcp and tcp6.
    """
    return tuple(port for port, alone in _ports(tables) if alone)


def open_ports(tables: Iterable[str]) -> tuple[int, ...]:
    """The ports that are listened on at other addresses too."""
    return tuple(port for port, alone in _ports(tables) if not alone)


def _ports(tables: Iterable[str]) -> list[tuple[int, bool]]:
    """Each port in order, and whether only loopback addresses have it."""
    loopback_by_port: dict[int, bool] = {}
    for port, is_loopback in (each for table in tables for each in _listening(table)):
        loopback_by_port[port] = loopback_by_port.get(port, True) and is_loopback
    return sorted(
        (port, alone) for port, alone in loopback_by_port.items() if port not in PROXY_PORTS
    )


def _listening(table: str) -> Iterator[tuple[int, bool]]:
    for line in table.splitlines()[1:]:
        fields = line.split()
        if len(fields) > 3 and fields[3] == _LISTEN:
            address, _, port = fields[1].partition(":")
            yield int(port, 16), _is_loopback(bytes.fromhex(address))


def _is_loopback(raw: bytes) -> bool:
    words = [raw[at : at + 4] for at in range(0, len(raw), 4)]
    address = ip_address(b"".join(w[::-1] if byteorder == "little" else w for w in words))
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback
