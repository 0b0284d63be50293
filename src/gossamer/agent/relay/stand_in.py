"""Answers the relay gives in the plane's name while the plane is away.

Envoy waits without end for a missing virtual host, and holds back all new clusters while
one warms. So what a proxy has never seen gets an honest stand-in, replaced when the plane answers.
"""

from __future__ import annotations

from gossamer.contract.route_names import asked_host
from gossamer.contract.type_urls import CLUSTER, ENDPOINT, VIRTUAL_HOST
from gossamer.xds import wire
from gossamer.xds.frame import Resource, frame_resource
from gossamer.xds.kinds import empty_assignment

AWAY = "away"
"""The version of a stand-in."""

HAS_STAND_IN = (CLUSTER, ENDPOINT, VIRTUAL_HOST)


def stand_in(type_url: str, name: str) -> Resource | None:
    """What to say of an unseen name; None is the type's own negative answer (of a cluster)."""
    if type_url == VIRTUAL_HOST:
        return away_host(name)
    return empty_assignment(name) if type_url == ENDPOINT else None


def away_host(name: str) -> Resource:
    """The virtual host `ROUTECONFIG/HOST` that answers everything with a 503 that says why."""
    host = asked_host(name)
    says = (
        f"gossamer: the control plane is unavailable and this proxy has never used {host}, so "
        "it has no route to it. Hosts used before keep working; this one will when the plane "
        "is back.\n"
    )
    match = wire.text(1, "/")
    respond = wire.integer(1, 503) + wire.field(2, wire.text(3, says))
    # Requests on a route without a name are taken for those that still look for one.
    route = wire.field(1, match) + wire.field(7, respond) + wire.text(14, AWAY)
    body = wire.text(1, name) + wire.text(2, host) + wire.field(3, route)
    return frame_resource(VIRTUAL_HOST, name, AWAY, body, (name,))
