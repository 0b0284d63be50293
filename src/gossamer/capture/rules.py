"""The words of a packet rule, as values: what is matched, and what then happens.

A small part of nftables, no more than capture and Service addresses need. Rules are data, so a
plan can be compared, printed and tested without a kernel; `netfilter` turns them into netlink
messages. `NftTable.text()` prints them as the `nft` tool would.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


class Family(StrEnum):
    """Which packets a table sees."""

    V4 = "ip"
    V6 = "ip6"

    @property
    def version(self) -> int:
        """4 or 6, as `ipaddress` numbers them."""
        return 4 if self is Family.V4 else 6


class TransportProtocol(StrEnum):
    """A transport that has ports."""

    TCP = "tcp"
    UDP = "udp"


@dataclass(frozen=True, slots=True)
class Marked:
    """The sending socket carries this SO_MARK."""

    mark: int

    def text(self) -> str:
        return f"meta mark {self.mark:#x}"


@dataclass(frozen=True, slots=True)
class OverLoopback:
    """The packet leaves through `lo`: it stays in this pod."""

    def text(self) -> str:
        return 'oifname "lo"'


@dataclass(frozen=True, slots=True)
class Carries:
    """The packet is of this transport."""

    protocol: TransportProtocol

    def text(self) -> str:
        return f"meta l4proto {self.protocol}"


@dataclass(frozen=True, slots=True)
class ToPort:
    """The destination port of the transport."""

    protocol: TransportProtocol
    port: int

    def text(self) -> str:
        return f"{self.protocol} dport {self.port}"


@dataclass(frozen=True, slots=True)
class ToNetwork:
    """The destination address is inside the network."""

    network: Network

    def text(self) -> str:
        family = "ip" if self.network.version == 4 else "ip6"
        return f"{family} daddr {self.network}"


@dataclass(frozen=True, slots=True)
class OutsideNetwork:
    """The destination address is not inside the network."""

    network: Network

    def text(self) -> str:
        family = "ip" if self.network.version == 4 else "ip6"
        return f"{family} daddr != {self.network}"


@dataclass(frozen=True, slots=True)
class OneIn:
    """Chance: true once in `choices` times, at random."""

    choices: int

    def text(self) -> str:
        return f"numgen random mod {self.choices} == 0"


@dataclass(frozen=True, slots=True)
class ByService:
    """Look the packet's transport, destination and port up in a map of verdicts."""

    map: str

    def text(self) -> str:
        return f"meta l4proto . daddr . dport vmap @{self.map}"


@dataclass(frozen=True, slots=True)
class Accept:
    """Leave the packet as it is."""

    def text(self) -> str:
        return "accept"


@dataclass(frozen=True, slots=True)
class RedirectRule:
    """Send the connection to a port of this pod instead."""

    port: int

    def text(self) -> str:
        return f"redirect to :{self.port}"


@dataclass(frozen=True, slots=True)
class Dnat:
    """Send the connection to another address and port instead."""

    address: Address
    port: int

    def text(self) -> str:
        host = f"[{self.address}]" if self.address.version == 6 else str(self.address)
        return f"dnat to {host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer at once that nothing listens there, so the caller need not wait."""

    def text(self) -> str:
        return "reject with port-unreachable"


Match = Marked | OverLoopback | Carries | ToPort | ToNetwork | OutsideNetwork | OneIn
Verdict = Accept | RedirectRule | Dnat | Refuse | ByService


@dataclass(frozen=True, slots=True)
class Rule:
    """All matches true: then the verdict."""

    matches: tuple[Match, ...]
    verdict: Verdict

    def text(self) -> str:
        return " ".join(part.text() for part in (*self.matches, self.verdict))


class Hook(StrEnum):
    """Where in a packet's life a chain is asked."""

    PREROUTING = "prerouting"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class Chain:
    """A list of rules; the kernel asks it at `hook` (lower priorities first), if it has one."""

    name: str
    rules: tuple[Rule, ...]
    hook: Hook | None = None
    priority: int = 0
    type: str = "nat"

    def text(self) -> str:
        """The chain as `nft list` prints it."""
        head = [f"type {self.type} hook {self.hook} priority {self.priority}; policy accept;"]
        lines = (head if self.hook else []) + [rule.text() for rule in self.rules]
        body = "".join(f"\n    {line}" for line in lines)
        return f"  chain {self.name} {{{body}\n  }}"


@dataclass(frozen=True, slots=True)
class NftTable:
    """Chains of one address family that come and go together."""

    family: Family
    name: str
    chains: tuple[Chain, ...]

    def text(self) -> str:
        """The table as `nft list` prints it."""
        chains = "\n".join(chain.text() for chain in self.chains)
        return f"table {self.family} {self.name} {{\n{chains}\n}}"
