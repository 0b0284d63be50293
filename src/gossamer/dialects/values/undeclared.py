"""Ports of undeclared protocol: it is found out, and the author's finding says how."""

from __future__ import annotations

from gossamer.manifests.fields import Fields
from gossamer.model.finding import Severity


def tell_undeclared(spec: Fields, numbers: list[int], remedy: str) -> None:
    """Once for all ports of a service, however many they are."""
    listed = ", ".join(str(number) for number in numbers)
    spec.report(
        f"no protocol is declared for port{'s' if len(numbers) > 1 else ''} {listed}",
        "HTTP is found by the first bytes of each connection and routed; a caller that waits for "
        "the server to speak first waits 50 ms, and goes on as TCP",
        f"{remedy}; then nothing is guessed",
        field="ports",
        severity=Severity.INFO,
        code="unknown-protocol",
    )
