"""What routes and destinations claim of hosts: indices of them, by whom they concern."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from gossamer.model import tables
from gossamer.model.assembly.indices import count, member, scoped
from gossamer.model.ids import CLUSTER_DOMAIN, EVERYWHERE, ROOT_NAMESPACE, WIDE, service_host
from gossamer.model.mesh import Draft
from gossamer.model.traffic.destination import Destination
from gossamer.model.traffic.route import RouteSet

_DOTS = service_host("", "").count(".")


def index_destinations(
    draft: Draft, old: Iterable[Destination], new: Iterable[Destination]
) -> None:
    """Count the destinations that some namespace alone sees."""
    change = Counter(_scopes(new))
    change.subtract(Counter(_scopes(old)))
    for scope, by in change.items():
        if by:
            scoped(draft, scope, by)


def index_mutual(draft: Draft, host: str, claims: Iterable[Destination]) -> None:
    """Keep the index of hosts that some destination chooses a TLS mode for, by their namespace.

    A pattern that covers hosts of several namespaces is under WIDE.
    """
    chosen = any(claim.client_tls for claim in claims)
    in_mesh = host.endswith(f".svc.{CLUSTER_DOMAIN}") and host.count(".") == _DOTS
    if in_mesh or host.startswith(EVERYWHERE):
        for scope in (host.split(".")[1] if in_mesh else WIDE, EVERYWHERE):
            member(draft, tables.MUTUAL_HOSTS, scope, host, chosen)


def index_routed(draft: Draft, host: str) -> None:
    """Keep the index of hosts that have routes and that no registry knows."""
    alone = draft.lookup(tables.ROUTES, host) and not draft.lookup(tables.SERVICES, host)
    member(draft, tables.ROUTED_ALONE, EVERYWHERE, host, alone)


def _scopes(destinations: Iterable[Destination]) -> Iterator[str]:
    for destination in destinations:
        if destination.namespace != ROOT_NAMESPACE or destination.names_credential:
            yield destination.namespace
        yield from set(destination.export_to) - {EVERYWHERE, destination.namespace}


def index_source_labels(draft: Draft, old: Iterable[RouteSet], new: Iterable[RouteSet]) -> None:
    """Count the labels of callers that some route's match names."""
    change = Counter(_source_labels(new))
    change.subtract(Counter(_source_labels(old)))
    for name, by in change.items():
        if by:
            count(draft, tables.SOURCE_LABELS, EVERYWHERE, name, by)


def _source_labels(claims: Iterable[RouteSet]) -> Iterator[str]:
    routes = (route for claim in claims for route in claim.routes)
    return (name for route in routes for name, _ in route.match.source_labels)
