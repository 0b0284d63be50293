"""Entries of one host that merge and disagree on a port are told, both of them."""

from __future__ import annotations

from gossamer.model.finding import Severity
from tests.findings.test_finding_pages import analyzed
from tests.findings.test_what_is_said import istio


def entry(name: str, number: int, protocol: str) -> str:
    """A ServiceEntry of the one host, with one port."""
    port = f"{{number: {number}, name: one, protocol: {protocol}}}"
    text = f"{{hosts: [a.example.com], resolution: DNS, ports: [{port}]}}"
    return istio("ServiceEntry", text, name=name) + "---\n"


def test_a_port_of_two_protocols_is_told_on_both() -> None:
    """Each hears which of the two counts."""
    told = analyzed(entry("a", 80, "HTTP") + entry("b", 80, "TCP"))
    assert [(e.code, e.origin.object.name, e.origin.field, e.severity) for e in told] == [
        ("duplicate-port", "a", "spec.ports[0]", Severity.WARNING),
        ("duplicate-port", "b", "spec.ports[0]", Severity.WARNING),
    ]
    assert "this object" in told[0].effect
    assert "the other" in told[1].effect


def test_ports_that_agree_or_differ_in_number_are_right() -> None:
    """That is how one host is declared in parts."""
    assert analyzed(entry("a", 80, "HTTP") + entry("b", 443, "TLS")) == ()
    assert analyzed(entry("a", 80, "HTTP") + entry("b", 80, "HTTP")) == ()
