"""Each route says what it demands, and nobody gets past that."""

from __future__ import annotations

import pytest

from gossamer.plane.access.actor import Actor, Role, RoleGrant
from gossamer.plane.access.demands import AccessRefused, Demand, check_demand
from gossamer.plane.api.routes import ROUTES

NOBODY = Actor("nobody")
VIEWER = Actor("viewer", (RoleGrant(Role.VIEWER, ("team-a",)),))
SEES_ALL = Actor("auditor", (RoleGrant(Role.VIEWER),))
EDITOR = Actor("editor", (RoleGrant(Role.EDITOR, ("team-a",)),))
OPERATOR = Actor("operator", (RoleGrant(Role.OPERATOR),))

MAY = {
    Demand.IDENTITY: {"nobody", "viewer", "auditor", "editor", "operator"},
    Demand.READ: {"viewer", "auditor", "editor", "operator"},
    Demand.READ_ALL: {"auditor", "operator"},
    Demand.WRITE: {"editor", "operator"},
    Demand.OPERATE: {"operator"},
}
OPEN = {"/v1/healthz", "/v1/join", "/v1/whoami"}
WRITES = {"/v1/apply", "/v1/delete"}
OPERATORS = {
    "/v1/bans",
    "/v1/bans/lift",
    "/v1/identity/rotation",
    "/v1/join-tokens",
    "/v1/observations/{source}",
    "/v1/tokens",
    "/v1/tokens/{id}",
    "/v1/audit",
}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_demands_something(route: object) -> None:
    """Whoever adds one says what; without a role only health and one's own name are told."""
    demand = route.demands  # type: ignore[attr-defined]
    path = route.path  # type: ignore[attr-defined]
    assert isinstance(demand, Demand)
    assert (demand is Demand.IDENTITY) == (path in OPEN)
    assert (demand is Demand.WRITE) == (path in WRITES)
    assert (demand is Demand.OPERATE) == (path in OPERATORS)


@pytest.mark.parametrize("demand", Demand)
def test_a_demand_is_met_by_these_roles_alone(demand: Demand) -> None:
    """What is refused names who, what, and the role that it takes."""
    for actor in (NOBODY, VIEWER, SEES_ALL, EDITOR, OPERATOR):
        if actor.name in MAY[demand]:
            check_demand(actor, demand, "GET /v1/x")
            continue
        with pytest.raises(AccessRefused, match=rf"^{actor.name} \(.* takes the role {demand}"):
            check_demand(actor, demand, "GET /v1/x")


def test_roles_add_up() -> None:
    """An editor here and a viewer there reads both, and writes here alone."""
    both = Actor("both", (RoleGrant(Role.EDITOR, ("team-a",)), RoleGrant(Role.VIEWER, ("team-b",))))
    assert [both.sees(ns) for ns in ("team-a", "team-b", "team-c")] == [True, True, False]
    assert [both.edits(ns) for ns in ("team-a", "team-b", "team-c")] == [True, False, False]
