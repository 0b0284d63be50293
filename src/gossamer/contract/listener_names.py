"""The names of listeners: `outbound`, `outbound|PORT`, `inbound` and `gateway|PORT`."""

from __future__ import annotations

from dataclasses import dataclass

from gossamer.contract.ports import port_number

OUTBOUND = "outbound"
INBOUND = "inbound"

_PORT, _TCP, _GATEWAY = f"{OUTBOUND}|", "|tcp", "gateway|"


@dataclass(frozen=True, slots=True)
class PortListener:
    """A port of undeclared protocol; with `tcp`, the services there that did."""

    port: int
    tcp: bool = False

    def __str__(self) -> str:
        return f"{_PORT}{self.port}{_TCP if self.tcp else ''}"


def parse_port_listener(name: str) -> PortListener | None:
    """What `outbound|PORT` or `outbound|PORT|tcp` says; None for any other name."""
    if not name.startswith(_PORT):
        return None
    number = name.removeprefix(_PORT).removesuffix(_TCP)
    port = port_number(number)
    return None if port is None else PortListener(port, name.endswith(_TCP))


def gateway_listener_name(port: int) -> str:
    """The listener of a gateway's port."""
    return f"{_GATEWAY}{port}"


def parse_gateway_listener(name: str) -> int | None:
    """The port in `gateway|PORT`; None for any other name."""
    return port_number(name.removeprefix(_GATEWAY)) if name.startswith(_GATEWAY) else None
