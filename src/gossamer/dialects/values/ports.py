"""Ports: numbers that are declared twice, and those that a proxy needs for itself."""

from __future__ import annotations

from gossamer.contract.ports import READINESS_PORT
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted


def check_again(port: Fields, field: str, number: int, seen: set[tuple[str, int]]) -> bool:
    """Whether this port number was declared before, which is reported; UDP counts apart."""
    transport = "UDP" if port.string("protocol", "TCP").upper() == "UDP" else "TCP"
    again = (transport, number) in seen
    seen.add((transport, number))
    if again:
        port.report(
            f"{dotted((*port.path, field))} is {number}, which another port already has",
            "this port is left out",
            "Give each port a number of its own",
            field=field,
            code="duplicate-port",
        )
    return again


def check_free(port: Fields, field: str, number: int | None) -> None:
    """Report a gateway's port that its proxy has taken already."""
    if number == READINESS_PORT:
        port.report(
            f"{dotted((*port.path, field))} is {number}, the port of the proxy's readiness",
            "the port is not opened",
            "Choose another port",
            field=field,
            code="reserved-port",
        )
