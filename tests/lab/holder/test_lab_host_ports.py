"""Ports of 127.0.0.1 that a lab has: kept, remembered, and nobody else's."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from gossamer.lab.holder.host_ports import HostPorts, claim_port


def some_free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def test_a_door_keeps_its_port_and_doors_never_share_one(tmp_path: Path) -> None:
    """Asked again it is the same; the next door that wants it gets the next."""
    wanted, ports = some_free_port(), HostPorts(tmp_path / "ports.json")
    first = ports.of("service a 80", [wanted])
    assert first == ports.of("service a 80", [wanted]) == wanted
    assert ports.of("service b 80", [wanted]) != wanted
    assert (ports.index("service a 80"), ports.index("service b 80")) == (1, 2)
    ports.close()


def test_the_next_lab_of_the_name_asks_for_the_same_ports(tmp_path: Path) -> None:
    """An address in a bookmark holds; a file that rotted costs only that."""
    memory = tmp_path / "ports.json"
    before = HostPorts(memory)
    port = before.of("service a 80", [])
    before.close()
    after = HostPorts(memory)
    assert after.of("service a 80", [some_free_port()]) == port
    after.close()
    memory.write_text("[1, 2")
    HostPorts(memory).close()


def test_a_taken_port_is_passed_over() -> None:
    """Somebody's server, on this address or on all, and another lab's claim."""
    with socket.create_server(("0.0.0.0", 0)) as server:
        taken, free = server.getsockname()[1], some_free_port()
        with claim_port([taken, free]) as claim:
            assert claim.getsockname()[1] == free
            with claim_port([free, 0]) as other:
                assert other.getsockname()[1] != free


def test_a_claimed_port_is_given_to_nobody_but_who_shares_it() -> None:
    """Until Envoy listens there, too: no server slips in between. Envoy shares its ports."""
    with claim_port([0]) as claim, socket.socket() as thief, socket.socket() as envoy:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with pytest.raises(OSError, match="in use"):
            thief.bind(claim.getsockname())
        envoy.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        envoy.bind(claim.getsockname())
        envoy.listen()
        with socket.create_connection(claim.getsockname()):
            pass
