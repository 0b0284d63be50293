"""Two services that declare one address: one has it, the other is given its own."""

from __future__ import annotations

import itertools

import pytest

from gossamer.model import tables
from gossamer.model.addressing.address_holder import ServiceHolder
from gossamer.model.assembly.assemble import assemble
from gossamer.model.fragment import Contribution
from gossamer.model.ids import service_host
from gossamer.model.mesh import Mesh
from gossamer.model.origin import ObjectRef
from gossamer.model.traffic.service import Protocol, Service, ServicePort

SHARED = "10.96.0.10"


def claim(name: str, created: int = 0, address: str = SHARED) -> Contribution:
    """A service that declares an address."""
    ref = ObjectRef("Service", "default", name)
    ports = (ServicePort(80, "http", Protocol.HTTP, 80),)
    addresses = (address,) if address else ()
    service = Service(ref, service_host(name, "default"), "default", ports, addresses)
    return Contribution(ref, (service,), created)


def address_of(mesh: Mesh, name: str) -> str | None:
    """The address that a service is called by, where both indices agree on it."""
    host = service_host(name, "default")
    (address,) = mesh.lookup(tables.VIRTUAL, host) or (None,)
    assert mesh.lookup(tables.ADDRESSES, address or "") == ServiceHolder(host)
    return address


@pytest.mark.parametrize("order", list(itertools.permutations("abc")))
def test_the_older_keeps_its_address_whatever_the_order(order: tuple[str, ...]) -> None:
    """However the objects arrive, the oldest has the address and the others one of their own."""
    ages = {"a": 3, "b": 1, "c": 2}
    mesh = Mesh()
    for name in order:
        each = claim(name, ages[name])
        mesh, _ = assemble(mesh, {each.object: each})
    assert address_of(mesh, "b") == SHARED
    assert len({address_of(mesh, name) for name in "abc"}) == 3


def test_who_was_second_gets_the_address_when_the_first_leaves_it() -> None:
    """An address that is given up goes to the next who declared it."""
    first, second = claim("a", 1), claim("b", 2)
    mesh, _ = assemble(Mesh(), {first.object: first, second.object: second})
    mesh, _ = assemble(mesh, {first.object: None})
    assert address_of(mesh, "b") == SHARED


def test_an_address_that_moves_away_is_free() -> None:
    """A service that changes its address leaves the old one to the other."""
    first, second, moved = claim("a", 1), claim("b", 2), claim("a", 1, "10.96.0.11")
    mesh, _ = assemble(Mesh(), {first.object: first, second.object: second})
    mesh, _ = assemble(mesh, {moved.object: moved})
    assert address_of(mesh, "a") == "10.96.0.11"
    assert address_of(mesh, "b") == SHARED
