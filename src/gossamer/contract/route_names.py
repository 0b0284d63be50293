"""The names of route configurations and of the virtual hosts in them.

A sidecar's configuration is `PORT`, or `eager|PORT` where all its hosts come as wildcard; its
virtual hosts are `PORT/HOST` and `eager|PORT/HOST`. A gateway's is `gateway|PORT`, or with
`|LISTENER`.
"""

from __future__ import annotations

from dataclasses import dataclass

from gossamer.contract.ports import port_number

_EAGER, _GATEWAY = "eager|", "gateway|"


@dataclass(frozen=True, slots=True)
class GatewayRoutes:
    """A gateway's route configuration: of a port, or of one TLS listener `OBJECT#NAME` there."""

    port: int
    listener: str = ""

    def __str__(self) -> str:
        whole = f"{_GATEWAY}{self.port}"
        return f"{whole}|{self.listener}" if self.listener else whole


@dataclass(frozen=True, slots=True)
class SidecarRoutes:
    """A sidecar's route configuration: the hosts of a port."""

    port: int
    eager: bool = False

    def __str__(self) -> str:
        return f"{_EAGER}{self.port}" if self.eager else str(self.port)


@dataclass(frozen=True, slots=True)
class VirtualHostName:
    """A host, as it was asked for, in a sidecar's route configuration."""

    port: int
    host: str
    eager: bool = False

    def __str__(self) -> str:
        return virtual_host_name(self.port, self.host, self.eager)


def virtual_host_name(port: int, host: str, eager: bool = False) -> str:
    """A VirtualHostName's text, where no value is needed: an eager proxy holds every host."""
    return f"{_EAGER}{port}/{host}" if eager else f"{port}/{host}"


def host_in(routes: str, host: str) -> str:
    """The virtual host that Envoy asks for: the configuration's own name and the host."""
    return f"{routes}/{host}"


def is_in(routes: str, name: str) -> bool:
    """Whether a virtual host of that name belongs to the configuration."""
    return name.startswith(f"{routes}/")


def asked_host(name: str) -> str:
    """The host in a virtual host's name, whatever configuration it is in; "" where none is."""
    return name.partition("/")[2]


def is_eager(name: str) -> bool:
    """Whether a route configuration or virtual host of that name comes as wildcard."""
    return name.startswith(_EAGER)


def is_gateway(name: str) -> bool:
    """Whether it is the route configuration of a gateway."""
    return name.startswith(_GATEWAY)


def parse_sidecar_routes(name: str) -> SidecarRoutes | None:
    """What `PORT` or `eager|PORT` says; None for any other name."""
    number = name.removeprefix(_EAGER)
    port = port_number(number)
    return None if port is None else SidecarRoutes(port, number != name)


def parse_gateway_routes(name: str) -> GatewayRoutes | None:
    """What `gateway|PORT` or `gateway|PORT|LISTENER` says; None for any other name."""
    if not name.startswith(_GATEWAY):
        return None
    number, bar, listener = name.removeprefix(_GATEWAY).partition("|")
    port = port_number(number)
    return GatewayRoutes(port, listener) if port is not None and (listener or not bar) else None


def parse_virtual_host(name: str) -> VirtualHostName | None:
    """What `PORT/HOST` or `eager|PORT/HOST` says; None for any other name."""
    config, slash, host = name.partition("/")
    number = config.removeprefix(_EAGER)
    port = port_number(number)
    return VirtualHostName(port, host, number != config) if slash and port is not None else None
