"""A cluster's name and what it stands for are the same thing, in every process."""

from __future__ import annotations

import re

import pytest

from gossamer.contract.cluster_names import (
    CALLED,
    OUTBOUND_STATS,
    TCP_DIALLED,
    ClusterName,
    TcpName,
    inbound_name,
    is_inbound,
    outbound_host,
    outbound_name,
    parse_inbound,
    parse_outbound,
    parse_tcp,
)

OUTBOUND = {
    "outbound|80||a.b.c": ClusterName(80, "a.b.c"),
    "outbound|80|v1|a.b.c": ClusterName(80, "a.b.c", "v1"),
    "outbound|443||*.example.com": ClusterName(443, "*.example.com"),
    "outbound|80||a.b.c|10.0.0.1": ClusterName(80, "a.b.c", address="10.0.0.1"),
    "outbound|80||a.b.c|fd00::1": ClusterName(80, "a.b.c", address="fd00::1"),
}
TCP = {"tcp|10.0.0.1:80": TcpName("10.0.0.1", 80), "tcp|[fd00::1]:80": TcpName("fd00::1", 80)}


@pytest.mark.parametrize(("name", "meant"), OUTBOUND.items())
def test_outbound_names_read_as_they_print(name: str, meant: ClusterName) -> None:
    """With a subset, a wildcard host and a dialled address too; the host can be had alone."""
    assert parse_outbound(name) == meant
    assert str(meant) == name
    assert outbound_name(meant.port, meant.host, meant.subset, meant.address) == name
    assert outbound_host(name) == meant.host


@pytest.mark.parametrize(("name", "meant"), TCP.items())
def test_tcp_names_read_as_they_print(name: str, meant: TcpName) -> None:
    """IPv4 and IPv6 addresses alike."""
    assert parse_tcp(name) == meant
    assert str(meant) == name


def test_a_dialled_address_makes_a_name_that_parses() -> None:
    """Envoy fills in what it prints for the address; it is what the plane then reads."""
    for address in ("10.0.0.1:80", "[fd00::1]:80"):
        assert parse_tcp(re.sub("%.*%", address, TCP_DIALLED)) is not None


@pytest.mark.parametrize("port", [1, 8080, 65535])
def test_inbound_names_read_as_they_print(port: int) -> None:
    """The port comes back, and the name is known to be of the inbound side."""
    assert parse_inbound(inbound_name(port)) == port
    assert is_inbound(inbound_name(port))


@pytest.mark.parametrize(
    "name",
    [
        "",
        "outbound",
        "outbound|80||h|x",
        "outbound|80||h|",
        "outbound|80||h|10.0.0.1|more",
        "outbound|x||h",
        "outbound|0||h",
        "outbound|٣||h",
        "outbound|70000||h",
        "outbound|80||",
        "inbound|80",
        "inbound|80||h",
        "inbound|0||",
        "tcp|h",
        "tcp|:",
        "tcp|h:80",
        "tcp|10.0.0.1:0",
        "other|80||h",
    ],
)
def test_names_that_say_nothing(name: str) -> None:
    """Callers choose names; what is malformed means nothing."""
    assert parse_outbound(name) is None
    assert parse_tcp(name) is None
    assert parse_inbound(name) is None


@pytest.mark.parametrize("name", ["", "passthrough", "inbound|80||", "tcp|10.0.0.1:80", "outbound"])
def test_other_names_have_no_host(name: str) -> None:
    """A host that is not there is not made up."""
    assert outbound_host(name) is None


def test_patterns_find_the_names_that_are_printed() -> None:
    """Envoy's admin socket and its statistics are filtered by patterns of the same names."""
    names = [*OUTBOUND, *TCP]
    assert [name for name in names if not re.match(CALLED, name)] == []
    assert not re.match(CALLED, inbound_name(80))
    assert re.match(OUTBOUND_STATS, f"cluster.{names[0]}.upstream_cx_total")
