"""Names of routes, virtual hosts, listeners and secrets mean what they were printed for."""

from __future__ import annotations

import pytest

from gossamer.contract.listener_names import (
    INBOUND,
    OUTBOUND,
    PortListener,
    gateway_listener_name,
    parse_gateway_listener,
    parse_port_listener,
)
from gossamer.contract.route_names import (
    GatewayRoutes,
    SidecarRoutes,
    VirtualHostName,
    asked_host,
    host_in,
    is_eager,
    is_gateway,
    is_in,
    parse_gateway_routes,
    parse_sidecar_routes,
    parse_virtual_host,
)
from gossamer.contract.secret_names import (
    MESH_ROOTS,
    OWN_CERTIFICATE,
    SYSTEM_ROOTS,
    SecretKind,
    SecretName,
    parse_secret,
)

PARSERS = {
    GatewayRoutes: parse_gateway_routes,
    SidecarRoutes: parse_sidecar_routes,
    VirtualHostName: parse_virtual_host,
    PortListener: parse_port_listener,
    SecretName: parse_secret,
}
NAMES = {
    "9080": SidecarRoutes(9080),
    "eager|9080": SidecarRoutes(9080, eager=True),
    "9080/reviews.shop:9080": VirtualHostName(9080, "reviews.shop:9080"),
    "80/": VirtualHostName(80, ""),
    "80/a/b": VirtualHostName(80, "a/b"),
    "eager|80/*": VirtualHostName(80, "*", eager=True),
    "gateway|80": GatewayRoutes(80),
    "gateway|443|istio:ns/web#https": GatewayRoutes(443, "istio:ns/web#https"),
    "outbound|3306": PortListener(3306),
    "outbound|3306|tcp": PortListener(3306, tcp=True),
    "gateway|ns/cert": SecretName(SecretKind.GATEWAY, "ns/cert"),
    "client|outbound|80||h": SecretName(SecretKind.CLIENT, "outbound|80||h"),
    "roots|outbound|80|v1|h": SecretName(SecretKind.ROOTS, "outbound|80|v1|h"),
}


@pytest.mark.parametrize(("name", "meant"), NAMES.items())
def test_names_read_as_they_print(name: str, meant: object) -> None:
    """What one process prints, the other reads as the same value."""
    assert str(meant) == name
    assert PARSERS[type(meant)](name) == meant


@pytest.mark.parametrize("port", [1, 443, 65535])
def test_a_gateways_listener_reads_as_it_prints(port: int) -> None:
    """It has one listener for each port."""
    assert parse_gateway_listener(gateway_listener_name(port)) == port


@pytest.mark.parametrize(
    "name",
    [
        "",
        "host",
        "0",
        "080",
        "70000",
        "x/host",
        "0/host",
        "eager|",
        "eager|x/host",
        "gateway|",
        "gateway|x",
        "gateway|80x|web",
        "outbound",
        "outbound|",
        "outbound|x",
        "outbound|0|tcp",
        "client|",
        "other|name",
        OWN_CERTIFICATE,
        MESH_ROOTS,
        SYSTEM_ROOTS,
    ],
)
def test_names_that_say_nothing(name: str) -> None:
    """Clients choose what they ask for; what is malformed means nothing, and raises nothing."""
    parsers = [parse for kind, parse in PARSERS.items() if kind is not SecretName]
    assert [parse(name) for parse in parsers] == [None] * len(parsers)
    assert parse_gateway_listener(name) is None
    if not name.startswith("gateway|") or name == "gateway|":
        assert parse_secret(name) is None


def test_a_gateways_routes_end_with_a_listener_or_without_a_bar() -> None:
    """A name that ends with a bar is not one that is printed."""
    assert parse_gateway_routes("gateway|80|") is None


def test_what_envoy_asks_for_is_a_virtual_host_of_the_configuration() -> None:
    """Envoy joins a configuration's name and the host; the plane reads both out of it."""
    for routes in (SidecarRoutes(80), SidecarRoutes(80, eager=True)):
        asked = host_in(str(routes), "reviews")
        assert parse_virtual_host(asked) == VirtualHostName(80, "reviews", routes.eager)
        assert is_in(str(routes), asked)
        assert asked_host(asked) == "reviews"
        assert is_eager(asked) is routes.eager
    assert not is_in("8", "80/reviews")


def test_the_sides_are_told_apart_by_name() -> None:
    """A gateway's routes are no sidecar's, and the two sides' listeners differ."""
    assert is_gateway(str(GatewayRoutes(80)))
    assert not is_gateway(str(SidecarRoutes(80)))
    assert OUTBOUND != INBOUND
