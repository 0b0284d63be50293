"""Questions about who may call whom, in the present mesh."""

from __future__ import annotations

from gossamer.explain.authorization.rule_places import rule_places
from gossamer.explain.permission.can import AskedCall, can
from gossamer.explain.permission.segments import by_namespace, segments
from gossamer.explain.permission.shapes import CanShape, SegmentsShape
from gossamer.explain.permission.shaping import can_shape, segments_shape
from gossamer.explain.report.shaping import place_shape
from gossamer.explain.walk.call import call_to
from gossamer.model.mesh import Mesh
from gossamer.plane.api.answers import RulePlaces, RulesPlaces
from gossamer.plane.api.shapes import CanBody, RulesBody, SegmentsBody


def may_call(mesh: Mesh, body: CanBody) -> CanShape:
    """Whether one may call the other. Raises BadCall where a name or a request means nothing."""
    return can_shape(can(mesh, body.source, body.destination, asked_call(body)))


def asked_call(body: CanBody) -> AskedCall:
    """The call that is asked about, checked as a client would write it. Raises BadCall."""
    call = call_to(
        body.source,
        f"http://asked{body.path or '/'}",
        body.method or "GET",
        body.headers,
        body.client,
    )
    named = any(name.lower() == "host" for name, _ in body.headers)
    path = None if body.path is None else call.path
    host = call.authority if named else None
    return AskedCall(body.method, path, host, call.headers, body.port, call.client)


def matrix(mesh: Mesh, body: SegmentsBody) -> SegmentsShape:
    """Who may call whom, for all pairs. Raises BadCall for too many."""
    every = segments(mesh, body.namespace)
    return segments_shape(every if body.workloads else by_namespace(every))


def places_of_rules(mesh: Mesh, body: RulesBody) -> RulesPlaces:
    """Where the rules are written that proxies name in their logs."""
    return RulesPlaces(
        [
            RulePlaces(rule, [place_shape(place) for place in rule_places(mesh, rule)])
            for rule in body.rules
        ]
    )
