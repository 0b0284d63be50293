"""From an object or a feature of it to the file, line and field where it was written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from gossamer.model import tables
from gossamer.model.mesh import Mesh
from gossamer.model.origin import ObjectRef, Origin
from gossamer.model.traffic.destination import Destination
from gossamer.model.traffic.route import Backend, Route, RouteSet

_RULE = re.compile(r"spec\.(?:http|rules)\[\d+\]")


def object_place(mesh: Mesh, ref: ObjectRef | None) -> Origin | None:
    """Where an object is written."""
    return None if ref is None else field_place(mesh, ref, "")


def field_place(mesh: Mesh, ref: ObjectRef, *fields: str) -> Origin:
    """The first of these fields that the object has, else the object itself."""
    known = mesh.contributions.get(ref)
    origins = dict(known.origins) if known else {}
    for name in (*fields, ""):
        if name in origins:
            return origins[name]
    return Origin(ref)


def route_place(mesh: Mesh, ref: ObjectRef, route: str) -> Origin:
    """The match (or rule) behind a route's name."""
    return field_place(mesh, ref, f"route {route}")


def route_places(mesh: Mesh, refs: Iterable[ObjectRef]) -> dict[str, Origin]:
    """By Envoy's name of a route, `NS/OBJECT/ROUTE`, where it is written: all of these objects."""
    by_route: dict[str, Origin] = {}
    for ref in refs:
        known = mesh.contributions.get(ref)
        origins = dict(known.origins) if known else {}
        whole = origins.get("", Origin(ref))
        for route in _routes(mesh, ref):
            name = f"{ref.namespace}/{ref.name}/{route.name}"
            by_route.setdefault(name, origins.get(f"route {route.name}", whole))
    return by_route


def rule_of(place: Origin) -> str:
    """The rule that a place lies in, such as `spec.http[0]`; the place's own field elsewhere."""
    prefix = _RULE.match(place.field)
    return prefix.group() if prefix else place.field


def policy_place(mesh: Mesh, ref: ObjectRef, route: str, policy: str) -> Origin:
    """Where the policy of a route is written that has this word."""
    return field_place(
        mesh, ref, f"{policy} of route {route}", rule_of(route_place(mesh, ref, route))
    )


def backend_place(mesh: Mesh, ref: ObjectRef, route: str, at: int) -> Origin:
    """Where the backend at that position of a route is written."""
    rule = rule_of(route_place(mesh, ref, route))
    lists = (f"{rule}.route[{at}]", f"{rule}.backendRefs[{at}]", f"{rule}.backends[{at}]")
    return field_place(mesh, ref, *lists, rule)


def subset_place(mesh: Mesh, destination: Destination, subset: str) -> Origin:
    """Where a subset is written: destinations of one host may lend each other theirs."""
    for claim in mesh.lookup(tables.DESTINATIONS, destination.host) or ():
        if claim.namespace == destination.namespace and claim.subset(subset):
            return field_place(mesh, claim.object, f"subset {subset}")
    return field_place(mesh, destination.object)


def find_route(
    mesh: Mesh, refs: tuple[ObjectRef, ...], name: str
) -> tuple[ObjectRef, Route] | None:
    """The route of the model behind Envoy's `NS/OBJECT/ROUTE`; None for a default one."""
    namespace, _, rest = name.partition("/")
    owner, _, route = rest.partition("/")
    for ref in refs:
        if route and (ref.namespace, ref.name) == (namespace, owner):
            for each in _routes(mesh, ref):
                if each.name == route:
                    return ref, each
    return None


def _routes(mesh: Mesh, ref: ObjectRef) -> Iterator[Route]:
    known = mesh.contributions.get(ref)
    for fragment in known.fragments if known else ():
        if isinstance(fragment, RouteSet):
            yield from fragment.routes


def backend_named(route: Route, host: str, subset: str) -> Iterator[tuple[int, Backend]]:
    """The backends of a route that mean this host and subset, with their positions."""
    for at, backend in enumerate(route.backends):
        if (backend.host, backend.subset) == (host, subset) and backend.weight > 0:
            yield at, backend
