"""Which connections of a pod go through its proxy: read from annotations, written as rules.

The rule set is the same for IPv4 and IPv6. In the output chain, who may pass comes first:

- mark 0x53a (the proxy's connections to its own application, and the lab's probes) passes;
- mark 0x539 (the proxy's connections to the mesh) passes, except that a call which ends in this
  same pod goes to the inbound side, as it would from anywhere else;
- loopback, DNS, other proxies' readiness (the pod's own proxy would answer for them, as it listens
  on that port of every address) and what the annotations exclude pass;
- all other TCP is taken to the proxy's outbound port.

In the prerouting chain TCP from outside the pod is taken to the proxy's inbound port, save the
excluded ports and the proxy's own. A port that passes and where no proxy listens would be a way
past mTLS for any application that does, so there is none: proxies give metrics to the agent over
a Unix socket, and 15090 (Istio's port for them) and 15020 are captured like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from ipaddress import IPv4Network, IPv6Network, ip_network

from gossamer.capture.rules import (
    Accept,
    Carries,
    Chain,
    Family,
    Hook,
    Marked,
    Network,
    NftTable,
    OutsideNetwork,
    OverLoopback,
    RedirectRule,
    Rule,
    ToNetwork,
    ToPort,
    TransportProtocol,
)
from gossamer.contract.marks import BYPASS_MARK, OUTBOUND_MARK
from gossamer.contract.ports import INBOUND_PORT, OUTBOUND_PORT, READINESS_PORT

TABLE = "gossamer"
PRIORITY = -100

_PREFIX = "traffic.sidecar.istio.io/"
_OWN_PORTS = (READINESS_PORT, INBOUND_PORT)
_LOOPBACK: dict[Family, Network] = {
    Family.V4: IPv4Network("127.0.0.0/8"),
    Family.V6: IPv6Network("::1/128"),
}
_EVERYWHERE: tuple[Network, ...] = (IPv4Network("0.0.0.0/0"), IPv6Network("::/0"))


@dataclass(frozen=True, slots=True)
class CapturePlan:
    """What a pod's proxy takes. The default: all TCP, both ways.

    `include_outbound_ports` are taken whatever the address; `include_inbound_ports` None means
    every port.
    """

    include_outbound_ranges: tuple[Network, ...] = _EVERYWHERE
    exclude_outbound_ranges: tuple[Network, ...] = ()
    include_outbound_ports: tuple[int, ...] = ()
    exclude_outbound_ports: tuple[int, ...] = ()
    include_inbound_ports: tuple[int, ...] | None = None
    exclude_inbound_ports: tuple[int, ...] = ()


_FIELDS = tuple(field.name for field in fields(CapturePlan))
_EVERYTHING = CapturePlan()


def _ranges(text: str) -> tuple[Network, ...]:
    return (
        _EVERYWHERE
        if text == "*"
        else tuple(ip_network(part, strict=False) for part in _listed(text))
    )


def _ports(text: str) -> tuple[int, ...]:
    return tuple(_port(part) for part in _listed(text))


def _ports_or_all(text: str) -> tuple[int, ...] | None:
    return None if text == "*" else _ports(text)


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise ValueError(f"{text!r} is not a port")
    return int(text)


_RANGES_LOOK = 'Use address ranges such as "10.0.0.0/8,fd00::/8", or "*" for all'
_PORTS_LOOK = 'Use port numbers from 1 to 65535 such as "8080,9090"'
_Reader = Callable[[str], tuple[Network, ...] | tuple[int, ...] | None]
_ANNOTATIONS: dict[str, tuple[str, _Reader, str]] = {
    "includeOutboundIPRanges": ("include_outbound_ranges", _ranges, _RANGES_LOOK),
    "excludeOutboundIPRanges": ("exclude_outbound_ranges", _ranges, _RANGES_LOOK),
    "includeOutboundPorts": ("include_outbound_ports", _ports, _PORTS_LOOK),
    "excludeOutboundPorts": ("exclude_outbound_ports", _ports, _PORTS_LOOK),
    "includeInboundPorts": ("include_inbound_ports", _ports_or_all, f'{_PORTS_LOOK}, or "*"'),
    "excludeInboundPorts": ("exclude_inbound_ports", _ports, _PORTS_LOOK),
}


def read_plan(annotations: Mapping[str, str]) -> tuple[CapturePlan, tuple[str, ...]]:
    """The plan that a pod's annotations ask for, and one sentence per value that cannot be read.

    An unreadable annotation counts as absent: more goes through the proxy, never less.
    """
    read = {name: getattr(_EVERYTHING, name) for name in _FIELDS}
    complaints = []
    for suffix, (field_name, reader, look) in _ANNOTATIONS.items():
        text = annotations.get(_PREFIX + suffix)
        if text is None:
            continue
        try:
            read[field_name] = reader(text.strip())
        except ValueError as wrong:
            complaints.append(
                f'The annotation {_PREFIX}{suffix} is "{text}", which cannot be read ({wrong}); '
                f"it is ignored and the default applies. {look}."
            )
    return CapturePlan(**read), tuple(complaints)


def tables(plan: CapturePlan) -> tuple[NftTable, ...]:
    """The rule set of a pod, one table per address family."""
    return tuple(_table(plan, family) for family in Family)


def _table(plan: CapturePlan, family: Family) -> NftTable:
    output = Chain("output", tuple(_outbound(plan, family)), Hook.OUTPUT, PRIORITY)
    prerouting = Chain("prerouting", tuple(_inbound(plan)), Hook.PREROUTING, PRIORITY)
    return NftTable(family, TABLE, (output, prerouting))


def _outbound(plan: CapturePlan, family: Family) -> Iterator[Rule]:
    loopback = _LOOPBACK[family]
    tcp = Carries(TransportProtocol.TCP)
    to_proxy = RedirectRule(OUTBOUND_PORT)
    own = (Marked(OUTBOUND_MARK), tcp, OverLoopback(), OutsideNetwork(loopback))
    yield Rule((Marked(BYPASS_MARK),), Accept())
    yield Rule(own, RedirectRule(INBOUND_PORT))
    yield Rule((Marked(OUTBOUND_MARK),), Accept())
    yield Rule((ToNetwork(loopback),), Accept())
    yield Rule((ToPort(TransportProtocol.UDP, 53),), Accept())
    yield Rule((ToPort(TransportProtocol.TCP, READINESS_PORT),), Accept())
    for port in plan.exclude_outbound_ports:
        yield Rule((ToPort(TransportProtocol.TCP, port),), Accept())
    for network in _of(family, plan.exclude_outbound_ranges):
        yield Rule((ToNetwork(network),), Accept())
    for port in plan.include_outbound_ports:
        yield Rule((ToPort(TransportProtocol.TCP, port),), to_proxy)
    for network in _of(family, plan.include_outbound_ranges):
        where = () if network.prefixlen == 0 else (ToNetwork(network),)
        yield Rule((tcp, *where), to_proxy)


def _inbound(plan: CapturePlan) -> Iterator[Rule]:
    for port in (*_OWN_PORTS, *plan.exclude_inbound_ports):
        yield Rule((ToPort(TransportProtocol.TCP, port),), Accept())
    if plan.include_inbound_ports is None:
        yield Rule((Carries(TransportProtocol.TCP),), RedirectRule(INBOUND_PORT))
        return
    for port in plan.include_inbound_ports:
        yield Rule((ToPort(TransportProtocol.TCP, port),), RedirectRule(INBOUND_PORT))


def _of(family: Family, networks: tuple[Network, ...]) -> Iterator[Network]:
    return (network for network in networks if network.version == family.version)
