"""TrafficTarget (v1alpha1 to v1alpha4): who may call a workload, by which routes.

Whoever is not named may not. So a source or a route that cannot be understood is left out, and what
it would have allowed is denied; without a destination the object means nothing, and is refused.
In v1alpha1 the fields stand beside metadata, and `rules` are called `specs`.
"""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.dialects.reading import ObjectFragments
from gossamer.dialects.refusal import left_out, refused
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Manifest, dotted
from gossamer.model.finding import Finding, Severity
from gossamer.model.workload.access import (
    Party,
    PartyKind,
    RouteKind,
    RouteReference,
    TrafficTarget,
)

_PARTIES = {kind.value: kind for kind in PartyKind}
_ROUTES = {kind.value: kind for kind in RouteKind}
_GROUP = "access.smi-spec.io"


def read_traffic_target(manifest: Manifest, findings: list[Finding]) -> ObjectFragments | None:
    """What the target allows."""
    with Fields(manifest, (), findings) as top:
        beside = top.has("destination")
        spec = top if beside else top.child("spec", required=True)
        stanza = spec.child("destination", required=True)
        destination, port = _party(stanza, manifest.namespace), stanza.port("port")
        _check_home(stanza, destination, manifest.namespace)
        sources = tuple(_sources(spec))
        routes = tuple(_routes(spec, "specs" if beside and spec.has("specs") else "rules"))
        if refused(spec, "workloads could be called by others than intended") or not destination:
            return None
    target = TrafficTarget(manifest.ref, manifest.namespace, destination, sources, routes, port)
    return ObjectFragments((target,))


def _sources(spec: Fields) -> Iterator[Party]:
    if spec.is_empty("sources"):
        spec.missing("sources")
    for item in _items(spec, "sources"):
        party = _party(item, item.manifest.namespace)
        if not left_out(item, "calls of this source are denied") and party:
            yield party


def _routes(spec: Fields, name: str) -> Iterator[RouteReference]:
    if spec.is_empty(name):
        spec.missing(name)
    for item in _items(spec, name):
        item.skip("group")
        kind = item.one_of("kind", _ROUTES, required=True)
        route = item.string("name", required=True)
        matches = item.strings("matches")
        if left_out(item, "calls by this route are denied") or kind is None or route is None:
            continue
        if kind is RouteKind.UDP:
            _tell_udp(item)
        yield RouteReference(kind, route, matches, dotted(item.path))


def _items(spec: Fields, name: str) -> Iterator[Fields]:
    return spec.optional().each(name) if spec.has(name) else iter(())


def _party(stanza: Fields, namespace: str) -> Party | None:
    group = stanza.string("group", _GROUP)
    kind = stanza.one_of("kind", _PARTIES, required=True)
    name = stanza.string("name", required=True)
    home = stanza.string("namespace", "") or namespace
    if group not in (_GROUP, ""):
        stanza.report(
            f"{dotted((*stanza.path, 'group'))} is {group}, and identities of that group are not "
            "known",
            "nobody is meant by it",
            f"Write {_GROUP}, or leave it out for a ServiceAccount",
            field="group",
            code="unknown-value",
        )
    return Party(kind, home, name, dotted(stanza.path)) if kind and name else None


def _check_home(stanza: Fields, destination: Party | None, namespace: str) -> None:
    if destination and destination.namespace != namespace:
        stanza.report(
            f"the destination is in the namespace {destination.namespace}, and the object in "
            f"{namespace}",
            "who may call a workload is said in its own namespace",
            f"Create the object in {destination.namespace}",
            field="namespace",
            code="invalid-reference",
        )


def _tell_udp(item: Fields) -> None:
    item.report(
        f"{dotted(item.path)} is a UDPRoute, and UDP does not pass the proxies",
        "it allows no call; datagrams are neither allowed nor denied by the mesh",
        "Remove it, or keep datagrams away by other means",
        field="kind",
        severity=Severity.WARNING,
        code="no-effect",
    )
