"""Whoever has no certificate costs the control plane and the agent next to nothing, and cannot keep
real proxies from their configuration."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.failures import processes
from tests.e2e.lab_under_test import Lab, forget, new_home, until
from tests.e2e.small_mesh import CLIENT, WEB

pytestmark = pytest.mark.e2e

MANY = 300
MOST_MB = 96
"""What a flood may add to a process while it lasts: TLS and gRPC keep some for each connection."""

HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(100)
"""The beginning of a TLS hello whose end never comes."""

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
RESETS = b"".join(
    bytes([0, 0, 1, 1, 4, 0, 0])
    + stream.to_bytes(2, "big")
    + b"\x82"
    + bytes([0, 0, 4, 3, 0, 0, 0])
    + stream.to_bytes(2, "big")
    + bytes(4)
    for stream in range(1, 2001, 2)
)
"""A thousand streams that are opened and taken back at once."""

FLOODS = {
    "silence": b"",
    "half a TLS hello": HELLO,
    "HTTP/2 without TLS, streams reset at once": PREFACE
    + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
    + RESETS,
    "a megabyte of nothing": bytes(1_000_000),
    "a line without an end": b'{"op": "' + b"x" * 1_000_000,
}

FAULT = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web}
spec:
  hosts: [web]
  http:
  - fault: {abort: {httpStatus: STATUS, percentage: {value: 100}}}
    route: [{destination: {host: web}}]
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """A small mesh."""
    under_test = Lab("floods", new_home())
    under_test.up_text(CLIENT + WEB)
    yield under_test
    under_test.down()
    forget(under_test.home)


def resident_mb(lab: Lab, part: str) -> float:
    """The memory of one of the lab's processes."""
    text = Path(f"/proc/{processes(lab)[part]['pid']}/status").read_text()
    line = next(each for each in text.splitlines() if each.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def send(path: Path, what: bytes) -> socket.socket:
    """A connection that says that much, as far as anybody listens to it."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(0.5)
    try:
        connection.connect(str(path))
        connection.sendall(what)
    except OSError:  # closed on us, or not read: what a flood deserves
        pass
    return connection


AT_THE_AGENT = tuple(FLOODS)[:3]
"""The agent answers processes of its own user alone, and lets each say a line of a megabyte."""

CASES = [
    *(("plane", "xds.sock", what) for what in FLOODS),
    *(("agent", "agent.sock", what) for what in AT_THE_AGENT),
]


@pytest.mark.parametrize(("part", "name", "what"), CASES)
def test_a_flood_costs_little_and_stops_nothing(lab: Lab, part: str, name: str, what: str) -> None:
    """While hundreds of strangers hold connections, a change still reaches real proxies, and the
    process has grown by a bounded amount."""
    before = resident_mb(lab, part)
    with ExitStack() as open_:
        for _ in range(MANY):
            open_.enter_context(send(lab.folder / name, FLOODS[what]))
        status = 418 if lab.status_of("deploy/client", "http://web/status/200") != 418 else 429
        lab.apply(FAULT.replace("STATUS", str(status)))
        until(lambda: lab.status_of("deploy/client", "http://web/status/200") == status)
        assert resident_mb(lab, part) - before < MOST_MB
