"""What one document (or one observed pod) adds to the mesh, and the facts it lands in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gossamer.model import tables
from gossamer.model.ids import Key
from gossamer.model.origin import ObjectRef, Origin
from gossamer.model.settings import Settings
from gossamer.model.traffic.destination import Destination
from gossamer.model.traffic.gateway import Gateway, GatewayClass, Grant
from gossamer.model.traffic.route import MESH, RouteSet
from gossamer.model.traffic.secret import Namespace, ProxyAsked, Secret
from gossamer.model.traffic.service import DeclaredEndpoints, Service
from gossamer.model.workload.access import IdentityBinding, TrafficRoutes, TrafficTarget
from gossamer.model.workload.rego import RegoModules
from gossamer.model.workload.workload_policy import WorkloadPolicy, label_cell

Fragment = (
    Service
    | DeclaredEndpoints
    | RouteSet
    | Destination
    | Gateway
    | GatewayClass
    | Grant
    | WorkloadPolicy
    | RegoModules
    | TrafficTarget
    | TrafficRoutes
    | IdentityBinding
    | Settings
    | Secret
    | Namespace
    | ProxyAsked
)


YOUNGEST = 2**62
"""The age of an object that was not created anywhere yet: all that were are older."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """All that one object adds: fragments, and the origin of each field worth pointing at.

    `created` orders objects by age: microseconds since 1970, equal ones by their names.
    `origins` maps a dotted field path to its place; the empty path is the object itself.
    """

    object: ObjectRef
    fragments: tuple[Fragment, ...]
    created: int = YOUNGEST
    origins: tuple[tuple[str, Origin], ...] = ()


def facts(fragment: Fragment) -> Iterator[Key]:
    """The facts that hold this fragment."""
    match fragment:
        case Service():
            yield tables.DECLARED_SERVICES.key(fragment.host)
        case DeclaredEndpoints():
            yield tables.DECLARED_ENDPOINTS.key(fragment.host)
        case Destination():
            yield tables.DESTINATIONS.key(fragment.host)
        case RouteSet():
            yield from _route_cells(fragment)
        case Gateway():
            yield tables.GATEWAYS.key("*")
        case GatewayClass():
            yield tables.GATEWAY_CLASSES.key(fragment.name)
        case Grant():
            yield tables.GRANTS.key(fragment.namespace)
        case WorkloadPolicy():
            yield from _policy_cells(fragment)
        case RegoModules():
            yield tables.REGO.key(f"{fragment.namespace}/{fragment.name}")
        case TrafficTarget():
            yield tables.TRAFFIC_TARGETS.key(fragment.namespace)
        case TrafficRoutes():
            yield tables.TRAFFIC_ROUTES.key(f"{fragment.kind} {fragment.namespace}/{fragment.name}")
        case IdentityBinding():
            yield tables.IDENTITY_BINDINGS.key(fragment.namespace)
        case Settings():
            yield tables.SETTINGS.key("*")
        case Secret():
            yield tables.SECRETS.key(f"{fragment.namespace}/{fragment.name}")
        case Namespace():
            yield tables.NAMESPACES.key(fragment.name)
        case ProxyAsked():
            pass  # it is checked, and nothing follows from it


def _policy_cells(policy: WorkloadPolicy) -> Iterator[Key]:
    """Apart by what is asked of them: one for a single workload touches nobody else's facts."""
    yield tables.WORKLOAD_POLICIES.key(policy.namespace)
    if policy.targets:
        yield tables.TARGETING_POLICIES.key(policy.namespace)
    elif policy.rules_alone:
        yield tables.RULING_POLICIES.key(policy.namespace)
    for pair in policy.selector:
        yield tables.POLICIES_BY_LABEL.key(label_cell(policy.namespace, pair))
    if policy.targets or not policy.selector:
        yield tables.POLICIES_BY_LABEL.key(policy.namespace)


def _route_cells(routes: RouteSet) -> Iterator[Key]:
    parents = set(routes.parents).union(*(route.match.gateways for route in routes.routes))
    for parent in sorted(parents):
        if parent == MESH:
            yield from (tables.ROUTES.key(host) for host in dict.fromkeys(routes.hosts))
        else:
            yield tables.GATEWAY_ROUTES.key(parent.partition("#")[0])
