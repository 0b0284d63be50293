"""PeerAuthentication as Istio documents it: who decides for a port of a workload."""

from __future__ import annotations

import pytest

from gossamer.cli.reading import read_all
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.lookup.workload_policies import policies_of
from gossamer.compile.tls.mtls import ModeInForce, mtls_mode, ruling_mode
from gossamer.model.assembly.assemble import assemble
from gossamer.model.mesh import Mesh
from gossamer.model.policies.workload.mtls import MtlsMode
from gossamer.model.workload.labels import labels
from gossamer.store.paths import File

WEB = labels({"app": "web"})
MESH, SHOP = "istio-system", "shop"
U, D, P, S = "UNSET", "DISABLE", "PERMISSIVE", "STRICT"


def peers(name: str, namespace: str, mode: str | None = None, of: str = "", **ports: str) -> str:
    """One PeerAuthentication; `of` is the app that it selects, `p80="STRICT"` a port's mode.

    A name that ends in a year is of that age.
    """
    year = name[-4:]
    stamp = f", creationTimestamp: '{year}-01-01T00:00:00Z'" if year.isdecimal() else ""
    spec = []
    spec += [f"  selector: {{matchLabels: {{app: {of}}}}}"] if of else []
    spec += [f"  mtls: {{mode: {mode}}}"] if mode else []
    modes = ", ".join(f"{port[1:]}: {{mode: {each}}}" for port, each in ports.items())
    spec += [f"  portLevelMtls: {{{modes}}}"] if ports else []
    return "\n".join(
        [
            "---",
            "apiVersion: security.istio.io/v1",
            "kind: PeerAuthentication",
            f"metadata: {{name: {name}, namespace: {namespace}{stamp}}}",
            "spec:" if spec else "spec: {}",
            *spec,
            "",
        ]
    )


def read_of(*documents: str) -> TrackedLookup:
    """The mesh of these documents."""
    reading = read_all([File("peers.yaml", "".join(documents).encode())])
    return TrackedLookup(assemble(Mesh(), {c.object: c for c in reading.contributions})[0])


def mode(read: TrackedLookup, port: int | None = 80) -> str:
    """The mode of the web workload of the shop."""
    return str(mtls_mode(read, policies_of(read, SHOP, WEB), port))


@pytest.mark.parametrize("of_mesh", [None, U, D, P, S])
@pytest.mark.parametrize("of_namespace", [None, U, D, P, S])
@pytest.mark.parametrize("of_workload", [None, U, D, P, S])
@pytest.mark.parametrize("of_port", [None, U, D, P, S])
def test_each_level_inherits_what_it_leaves_unset(
    of_mesh: str | None, of_namespace: str | None, of_workload: str | None, of_port: str | None
) -> None:
    """Port over workload over namespace over mesh; whoever says UNSET or nothing asks the next."""
    ports = {"p80": of_port} if of_port else {}
    read = read_of(
        peers("mesh", MESH, of_mesh),
        peers("namespace", SHOP, of_namespace),
        peers("web", SHOP, of_workload, "web", **ports),
    )
    levels = (of_port, of_workload, of_namespace, of_mesh)
    expected = next((each for each in levels if each not in (None, U)), P)
    assert mode(read) == expected
    assert mode(read, 81) == next((each for each in levels[1:] if each not in (None, U)), P)
    assert mode(read, None) == mode(read, 81)


@pytest.mark.parametrize("place", [MESH, SHOP])
def test_the_oldest_of_a_level_decides(place: str) -> None:
    """Two for a whole namespace, or for the whole mesh: the younger one says nothing at all."""
    read = read_of(peers("a-2020", place, S), peers("b-2010", place, D))
    assert mode(read) == D


def test_what_the_oldest_leaves_unset_is_not_asked_of_the_younger() -> None:
    """It is asked of the next level."""
    read = read_of(peers("a-2020", SHOP, S), peers("b-2010", SHOP, U), peers("mesh", MESH, D))
    assert mode(read) == D


def test_of_two_that_select_a_workload_the_oldest_decides_with_its_ports() -> None:
    """The younger one's ports do not count either."""
    read = read_of(
        peers("z-2010", SHOP, None, "web", p80=S),
        peers("a-2020", SHOP, D, "web", p81=D),
    )
    assert [mode(read, port) for port in (80, 81)] == [S, P]


def test_of_equal_age_the_name_decides() -> None:
    """So that the same documents mean the same in every order."""
    first, second = peers("a", SHOP, S), peers("b", SHOP, D)
    assert mode(read_of(first, second)) == mode(read_of(second, first)) == S


def test_other_workloads_are_not_concerned() -> None:
    """A selector of another app, and another namespace's policy."""
    assert mode(read_of(peers("db", SHOP, S, "db"), peers("all", "team", S))) == P


def test_who_decides_is_said() -> None:
    """The object in force, for `gossamer mtls` and `explain`; none where the default holds."""
    read = read_of(peers("web", SHOP, U, "web", p80=U), peers("all", SHOP, S))
    ruling = ruling_mode(policies_of(read, SHOP, WEB), 80)
    assert str(ruling.policy) == "PeerAuthentication shop/all"
    assert ruling_mode((), 80) == ModeInForce(MtlsMode.PERMISSIVE)


def test_whether_the_ports_own_line_decides_is_said() -> None:
    """So that the place is the line that somebody has to change."""
    read = read_of(peers("web", SHOP, S, "web", p80=D, p81=U))
    policies = policies_of(read, SHOP, WEB)
    assert [ruling_mode(policies, port).of_port for port in (80, 81, None)] == [True, False, False]
