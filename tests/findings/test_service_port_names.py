"""Ports of a Service that the API server refuses by their names are told, and served."""

from __future__ import annotations

import pytest

from gossamer.model.finding import Severity
from tests.findings.test_finding_pages import analyzed

HEAD = "apiVersion: v1\nkind: Service\nmetadata: {name: shop}\n"
FIRST = "{name: http-a, port: 80}"


@pytest.mark.parametrize(
    ("ports", "code", "field"),
    [
        (f"{FIRST}, {{name: http-a, port: 81}}", "duplicate-name", "spec.ports[1].name"),
        (f"{FIRST}, {{port: 81, appProtocol: http}}", "missing-field", "spec.ports[1].name"),
        ("{name: HTTP_a, port: 80}", "invalid-name", "spec.ports[0].name"),
    ],
)
def test_a_refused_name_is_an_error(ports: str, code: str, field: str) -> None:
    """It is told at its port, and what becomes of the port is said."""
    told = [each for each in analyzed(f"{HEAD}spec: {{ports: [{ports}]}}") if each.code == code]
    assert [(each.origin.field, each.severity) for each in told] == [(field, Severity.ERROR)]
    assert "the API server refuses" in told[0].effect


@pytest.mark.parametrize("ports", [FIRST, "{port: 80, appProtocol: http}"])
def test_one_port_needs_no_name(ports: str) -> None:
    """Kubernetes asks for names only where there is more than one port."""
    errors = [
        e for e in analyzed(f"{HEAD}spec: {{ports: [{ports}]}}") if e.severity is Severity.ERROR
    ]
    assert errors == []
