"""An undeclared port on which the pods speak first counts as TCP, for as long as they all do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gossamer.model import tables
from gossamer.model.assembly.assemble import assemble
from gossamer.model.fragment import Contribution
from gossamer.model.ids import Table
from gossamer.model.mesh import Mesh
from gossamer.model.observed import observed_pods
from gossamer.model.origin import ObjectRef
from gossamer.model.traffic.service import (
    DeclaredEndpoints,
    Endpoint,
    Protocol,
    Service,
    ServicePort,
)
from gossamer.model.workload.pod import Pod, PodPort

HOST = "db.default.svc.cluster.local"
REF = ObjectRef("Service", "default", "db")
APP = (("app", "db"),)
SERVICE = Service(
    REF, HOST, "default", (ServicePort(3000, "", Protocol.UNDECLARED, "own"),), selector=APP
)
GREETING = Pod(
    "default", "a", "db", ("10.244.0.2",), APP, ports=(PodPort("own", 3307),), greets=(3307,)
)
SILENT = replace(GREETING, name="b", addresses=("10.244.0.3",), greets=())
STARTING = replace(SILENT, ready=False)


def meshed(*pods: Pod, service: Service = SERVICE, written: tuple[Endpoint, ...] = ()) -> Mesh:
    more = (DeclaredEndpoints(REF, HOST, written),) if written else ()
    return assemble(Mesh(), {REF: Contribution(REF, (service, *more))}, observed_pods(pods))[0]


def spoken(mesh: Mesh) -> Protocol:
    (service,) = mesh.lookup(tables.SERVICES, HOST) or ()
    return service.ports[0].protocol


@pytest.mark.parametrize(
    ("pods", "protocol"),
    [
        ((), Protocol.UNDECLARED),
        ((GREETING,), Protocol.TCP),
        ((SILENT,), Protocol.UNDECLARED),
        ((GREETING, SILENT), Protocol.UNDECLARED),
        ((GREETING, STARTING), Protocol.TCP),
        ((replace(GREETING, ready=False),), Protocol.TCP),
        (
            (replace(GREETING, greets=(2,)),),
            Protocol.UNDECLARED,
        ),
    ],
    ids=["nobody", "greets", "silent", "disagree", "one-starts", "restarts", "another-port"],
)
def test_the_ready_pods_say_what_an_undeclared_port_speaks(
    pods: tuple[Pod, ...], protocol: Protocol
) -> None:
    """All of them, at the port behind the service's; one that starts moves nothing."""
    assert spoken(meshed(*pods)) is protocol


def test_what_is_learned_is_as_if_it_were_declared_and_is_forgotten_as_well() -> None:
    """Every table is the same as with declared TCP; then as if the pod had never greeted."""
    declared = replace(SERVICE, ports=(replace(SERVICE.ports[0], protocol=Protocol.TCP),))
    learned, told = meshed(GREETING), meshed(GREETING, service=declared)
    changed: tuple[Table[Any], ...] = (
        tables.UNDECLARED_PORTS,
        tables.UNDECLARED_PORT_COUNTS,
        tables.TCP_HOSTS,
    )
    for table in changed:
        assert learned.lookup(table, "*") == told.lookup(table, "*"), table
    assert learned.lookup(tables.TCP_AT_PORT, "* 3000") is not None
    assert learned.lookup(tables.UNDECLARED_AT_PORT, "* 3000") is None
    later, _ = assemble(
        learned, {}, {tables.PODS.key(GREETING.key): None, **observed_pods([SILENT])}
    )
    assert spoken(later) is Protocol.UNDECLARED
    assert later.lookup(tables.UNDECLARED_PORTS, "*") == (3000,)
    assert later.lookup(tables.TCP_AT_PORT, "* 3000") is None


def test_a_declared_protocol_stands() -> None:
    """Nothing that an application does switches off the HTTP rules of a port that says HTTP."""
    declared = replace(SERVICE, ports=(replace(SERVICE.ports[0], protocol=Protocol.HTTP),))
    assert spoken(meshed(GREETING, service=declared)) is Protocol.HTTP


def test_endpoints_that_nobody_observed_leave_the_port_undeclared() -> None:
    """Nobody asked them whether they speak first."""
    assert spoken(meshed(GREETING, written=(Endpoint("10.9.9.9", ((3000, 3000),)),))) is (
        Protocol.UNDECLARED
    )


def test_a_service_that_is_written_again_keeps_what_was_learned() -> None:
    """A new revision of its documents costs its callers no wait."""
    again, change = assemble(
        meshed(GREETING), {REF: Contribution(REF, (replace(SERVICE, labels=APP),))}
    )
    assert spoken(again) is Protocol.TCP
    assert "undeclared-port" not in {key.table for key in change}
