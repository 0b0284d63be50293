"""The names of clusters, which carry what they stand for: `outbound|PORT|SUBSET|HOST`.

`outbound|PORT|SUBSET|HOST|IP` is the one address that a caller of a headless service dialled.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

PASSTHROUGH = "passthrough"
BLACKHOLE = "blackhole"
INBOUND_PASSTHROUGH = "inbound-passthrough"

_OUTBOUND, _INBOUND, _TCP = "outbound", "inbound", "tcp"


@dataclass(frozen=True, slots=True)
class ClusterName:
    """The endpoints of a host's port, or of a subset of them. It prints as Envoy sees it.

    With an `address` it is that endpoint alone.
    """

    port: int
    host: str
    subset: str = ""
    address: str = ""

    def __str__(self) -> str:
        whole = f"{_OUTBOUND}|{self.port}|{self.subset}|{self.host}"
        return f"{whole}|{self.address}" if self.address else whole

    @property
    def sni(self) -> str:
        """The name as a TLS server name, in the spelling that Istio's servers know.

        No server name is longer than 255 bytes; ours go by no longer ones.
        """
        return f"{_OUTBOUND}_.{self.port}_.{self.subset}_.{self.host}"[:255]


@dataclass(frozen=True, slots=True)
class TcpName:
    """Whatever is at an address that a caller dialled, as `tcp|IP:PORT`."""

    address: str
    port: int

    def __str__(self) -> str:
        bare = f"[{self.address}]" if ":" in self.address else self.address
        return f"{_TCP}|{bare}:{self.port}"


def outbound_name(name: str) -> ClusterName | None:
    """What `outbound|PORT|SUBSET|HOST`, or that with an IP, says; None for any other name."""
    parts = name.split("|")
    if len(parts) not in (4, 5) or parts[0] != _OUTBOUND or not all(parts[3:]):
        return None
    port = port_number(parts[1])
    if port is None or not all(map(is_address, parts[4:])):
        return None
    return ClusterName(port, parts[3], parts[2], *parts[4:])


def is_address(text: str) -> bool:
    """Whether it is an IP address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def inbound_name(port: int) -> str:
    """The cluster that carries requests to this pod's own port."""
    return f"{_INBOUND}|{port}||"


def inbound_port(name: str) -> int | None:
    """The port in `inbound|PORT||`; None for any other name."""
    parts = name.split("|")
    if len(parts) != 4 or parts[0] != _INBOUND or parts[2] or parts[3]:
        return None
    return port_number(parts[1])


def tcp_name(name: str) -> TcpName | None:
    """What `tcp|IP:PORT` says, IPv6 in brackets; None for any other name."""
    kind, _, rest = name.partition("|")
    address, _, number = rest.rpartition(":")
    port = port_number(number)
    try:
        canonical = str(ip_address(address.removeprefix("[").removesuffix("]")))
    except ValueError:
        return None
    return TcpName(canonical, port) if kind == _TCP and port else None


def port_number(text: str) -> int | None:
    """A port from 1 to 65535 in plain digits, or None."""
    if not (text.isascii() and text.isdigit() and len(text) <= 5):
        return None
    number = int(text)
    return number if 0 < number < 65536 else None
