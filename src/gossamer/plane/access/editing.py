"""What an editor may change: objects of its namespaces, and nothing that holds beyond them.

A host of the cluster's domain belongs to the namespace in its name. All other hosts belong to
nobody, so whoever claims one for every namespace, or at a gateway that others use, needs it in
the grant. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gossamer.manifests.manifest import Manifest
from gossamer.model.addressing.host_owner import owner_of
from gossamer.model.fragment import Contribution, Fragment
from gossamer.model.ids import EVERYWHERE, ROOT_NAMESPACE, Dialect
from gossamer.model.settings import Settings
from gossamer.model.traffic.destination import Destination
from gossamer.model.traffic.gateway import Gateway
from gossamer.model.traffic.route import MESH, RouteSet
from gossamer.model.traffic.service import Service
from gossamer.plane.access.actor import Actor, described
from gossamer.plane.access.demands import AccessRefused
from gossamer.store.document import DocumentKey

_SOME = 3


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """One object of a request: as it is stored, as it would be (None: gone), what it adds."""

    key: DocumentKey
    before: Manifest | None
    after: Manifest | None
    contribution: Contribution | None = None


def check_changes(actor: Actor, changes: Sequence[ObjectChange]) -> None:
    """Raises AccessRefused with the first reasons if one of the changes is not the actor's to
    make; then none is made."""
    if actor.operates:
        return
    refused = [(change, why) for change in changes for why in _refusals(actor, change)]
    if not refused:
        return
    reasons = "; ".join(f"{change.key}: {why}" for change, why in refused[:_SOME])
    more = f"; and {len(refused) - _SOME} more" if len(refused) > _SOME else ""
    objects = tuple(dict.fromkeys(str(change.key) for change, _ in refused))
    raise AccessRefused(
        403,
        f"{actor.name} ({described(actor.grants)}) may not change this: {reasons}{more}. "
        "Nothing was done. Leave it out, or ask an operator of this mesh",
        objects,
    )


def _refusals(actor: Actor, change: ObjectChange) -> Iterator[str]:
    """Why one change is not the actor's to make."""
    namespace = change.key.namespace
    if not namespace:
        yield "its kind holds for the whole mesh"
    elif namespace == ROOT_NAMESPACE:
        yield f"what is in {ROOT_NAMESPACE} holds for the whole mesh"
    elif not actor.edits(namespace):
        yield f"it is in another namespace, {namespace}"
    elif change.contribution is not None:
        for fragment in change.contribution.fragments:
            yield from _reaches_out(actor, namespace, fragment)


def _reaches_out(actor: Actor, namespace: str, fragment: Fragment) -> Iterator[str]:
    """Why what an object says would hold for others than its author."""
    match fragment:
        case Settings():
            yield "it sets what holds for the whole mesh"
        case Service() if fragment.object.kind != "Service":
            yield from _exported(actor, fragment.export_to, (fragment.host,))
        case Destination():
            yield from _exported(actor, fragment.export_to, (fragment.host,))
        case RouteSet():
            yield from _routes(actor, fragment)
        case Gateway(dialect=Dialect.ISTIO):
            hosts = (host for each in fragment.listeners for _, host in each.hosts)
            yield from _at_gateways(actor, hosts)


def _routes(actor: Actor, routes: RouteSet) -> Iterator[str]:
    parents = {*routes.parents, *(p for route in routes.routes for p in route.match.gateways)}
    if MESH in parents:
        yield from _exported(actor, routes.consumers, routes.hosts)
    if any(not _own_gateway(actor, parent) for parent in parents - {MESH}):
        yield from _at_gateways(actor, iter(routes.hosts or (EVERYWHERE,)))


def _own_gateway(actor: Actor, parent: str) -> bool:
    """Whether a gateway (`DIALECT:NS/NAME`) is the actor's own Gateway API object: such a one has
    pods and a port of its own."""
    dialect, _, name = parent.partition(":")
    return dialect == Dialect.GATEWAY_API and actor.edits(name.partition("/")[0])


def _exported(actor: Actor, scopes: Sequence[str], hosts: Sequence[str]) -> Iterator[str]:
    """Hosts that are not the actor's, for clients in namespaces that are not the actor's."""
    if all(scope != EVERYWHERE and actor.edits(scope) for scope in scopes):
        return
    for host in hosts:
        if not _owns(actor, host):
            yield (
                f"it claims the host {host} for other namespaces (exportTo); "
                'exportTo: ["."] keeps it at home'
            )


def _at_gateways(actor: Actor, hosts: Iterator[str]) -> Iterator[str]:
    for host in dict.fromkeys(hosts):
        if not _owns(actor, host):
            yield f"it claims the host {host} at a gateway that others use"


def _owns(actor: Actor, host: str) -> bool:
    """Whether a host, or all that a pattern means, is the actor's."""
    owner = owner_of(host)
    if owner is not None:
        return owner != "" and actor.edits(owner)
    return any(_covers(granted, host) for granted in actor.hosts)


def _covers(granted: str, host: str) -> bool:
    if granted in (EVERYWHERE, host):
        return True
    return granted.startswith("*.") and host.removeprefix("*").endswith(granted[1:])
