"""Capture, Envoy's configuration and a lab's probes mean the same numbers."""

from __future__ import annotations

import socket

from gossamer.contract import marks, ports
from gossamer.contract.marks import BYPASS_MARK, OUTBOUND_MARK


def test_the_two_marks_differ() -> None:
    """A call to the mesh is not taken for one to the proxy's own workload, nor the reverse."""
    assert OUTBOUND_MARK != BYPASS_MARK
    assert 0 not in (OUTBOUND_MARK, BYPASS_MARK), "the mark of every socket that has none"


def test_the_mark_is_the_kernels_socket_option() -> None:
    """Envoy is given numbers; on Linux they are those of the socket library."""
    assert (marks.SOL_SOCKET, marks.SO_MARK) == (socket.SOL_SOCKET, socket.SO_MARK)


def test_what_a_proxy_listens_on_is_never_its_applications() -> None:
    """A port of the proxy's that counted as the application's would be served to the mesh."""
    own = (ports.OUTBOUND_PORT, ports.INBOUND_PORT, ports.READINESS_PORT)
    assert len(set(own)) == len(own)
    assert set(own) <= set(ports.PROXY_PORTS)
    assert ports.EGRESS_PORT not in ports.PROXY_PORTS
