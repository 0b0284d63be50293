"""Several ServiceEntries of one host."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gossamer.model.assembly.merged_services import merged_services
from gossamer.model.origin import ObjectRef
from gossamer.model.traffic.service import Protocol, Resolution, Service, ServicePort
from gossamer.model.workload.labels import labels


def entry(
    name: str, port: int, protocol: Protocol = Protocol.HTTP, kind: str = "ServiceEntry"
) -> Service:
    return Service(
        ObjectRef(kind, "default", name, "networking.istio.io"),
        "api.example.com",
        "default",
        (ServicePort(port, f"p{port}", protocol, port),),
        resolution=Resolution.DNS,
        external=True,
    )


A, B = entry("a", 80), entry("b", 443, Protocol.HTTPS)


def test_entries_that_agree_are_one_service() -> None:
    """Their ports together, in the place of the first; each is named as a cause."""
    (merged,) = merged_services((A, B))
    assert [port.number for port in merged.ports] == [80, 443]
    assert merged.objects == (A.object, B.object)


def test_the_first_says_what_a_shared_port_is() -> None:
    """Two protocols on one port cannot both hold."""
    (merged,) = merged_services((A, replace(B, ports=entry("b", 80, Protocol.TCP).ports)))
    assert [port.protocol for port in merged.ports] == [Protocol.HTTP]


def test_addresses_of_all_lead_to_it() -> None:
    """Whichever entry declared it."""
    pair = (replace(A, addresses=("192.0.2.1",)), replace(B, addresses=("192.0.2.2",)))
    assert merged_services(pair)[0].addresses == ("192.0.2.1", "192.0.2.2")


@pytest.mark.parametrize(
    "differs",
    [
        {"namespace": "other"},
        {"resolution": Resolution.ENDPOINTS},
        {"labels": labels({"team": "web"})},
        {"selector": labels({"app": "web"})},
        {"export_to": ("default",)},
    ],
    ids=lambda differs: next(iter(differs)),
)
def test_entries_that_differ_stay_apart(differs: dict[str, Any]) -> None:
    """Istio's rule: who declares it, how it is found, and who sees it must be the same."""
    other = replace(B, **differs)
    assert merged_services((A, other)) == (A, other)


def test_other_kinds_never_merge() -> None:
    """A Kubernetes Service is one object."""
    pair = (entry("a", 80, kind="Service"), entry("b", 81, kind="Service"))
    assert merged_services(pair) == pair
