"""The names of clusters, which carry what they stand for: `outbound|PORT|SUBSET|HOST`.

`outbound|PORT|SUBSET|HOST|IP` is the one address that a caller of a headless service dialled,
`tcp|IP:PORT` whatever is at an address, and `inbound|PORT||` a port of the workload's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

from gossamer.contract.addresses import is_address, with_port
from gossamer.contract.ports import port_number

PASSTHROUGH = "passthrough"
BLACKHOLE = "blackhole"
INBOUND_PASSTHROUGH = "inbound-passthrough"

OPEN_POLICY = "open-policy"
"""The process of the host that decides by Rego."""

OPEN_POLICY_SOCKET = f"{OPEN_POLICY}.sock"
"""Where it is asked, in the agent's folder."""

_OUTBOUND, _INBOUND, _TCP = "outbound", "inbound", "tcp"

TCP_DIALLED = f"{_TCP}|%DOWNSTREAM_LOCAL_ADDRESS%"
"""Envoy's format of the cluster at the address that a caller dialled."""

OUTBOUND_STATS = rf"^cluster\.{_OUTBOUND}\|.*\."
"""What the names of statistics of such a cluster begin with, as a regular expression."""

CALLED = rf"^({_OUTBOUND}|{_TCP})\|"
"""The clusters that workloads call, as a regular expression."""


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
        return outbound_name(self.port, self.host, self.subset, self.address)

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
        return f"{_TCP}|{with_port(self.address, self.port)}"


def outbound_name(port: int | str, host: str, subset: str = "", address: str = "") -> str:
    """A ClusterName's text, where no value is needed: names are printed for every route."""
    whole = f"{_OUTBOUND}|{port}|{subset}|{host}"
    return f"{whole}|{address}" if address else whole


def parse_outbound(name: str) -> ClusterName | None:
    """What `outbound|PORT|SUBSET|HOST`, or that with an IP, says; None for any other name."""
    parts = name.split("|")
    if len(parts) not in (4, 5) or parts[0] != _OUTBOUND or not all(parts[3:]):
        return None
    port = port_number(parts[1])
    if port is None or not all(map(is_address, parts[4:])):
        return None
    return ClusterName(port, parts[3], parts[2], *parts[4:])


def outbound_host(name: str) -> str | None:
    """The host alone in such a name, whatever else it says; None for any other name."""
    parts = name.split("|", 4)
    return parts[3] if len(parts) > 3 and parts[0] == _OUTBOUND else None


def inbound_name(port: int) -> str:
    """The cluster that carries requests to this pod's own port."""
    return f"{_INBOUND}|{port}||"


def parse_inbound(name: str) -> int | None:
    """The port in `inbound|PORT||`; None for any other name."""
    parts = name.split("|")
    if len(parts) != 4 or parts[0] != _INBOUND or parts[2] or parts[3]:
        return None
    return port_number(parts[1])


def is_inbound(name: str) -> bool:
    """Whether a cluster or listener of that name belongs to the inbound side of a proxy."""
    return name.startswith(_INBOUND)


def parse_tcp(name: str) -> TcpName | None:
    """What `tcp|IP:PORT` says, IPv6 in brackets; None for any other name."""
    kind, _, rest = name.partition("|")
    address, _, number = rest.rpartition(":")
    port = port_number(number)
    try:
        canonical = str(ip_address(address.removeprefix("[").removesuffix("]")))
    except ValueError:
        return None
    return TcpName(canonical, port) if kind == _TCP and port else None
