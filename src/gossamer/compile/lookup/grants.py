"""References into another namespace: nobody makes one without that namespace's permission.

The one rule for all dialects. Who refers are the namespaces on whose behalf something is taken;
each of them is the referred object's own, or that namespace's ReferenceGrants name it. What
Istio's dialect routes to is no such reference: there a Service is everybody's unless its
`exportTo` says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.model import tables
from gossamer.model.ids import Dialect
from gossamer.model.origin import ObjectRef
from gossamer.model.traffic.route import MESH, RouteSet
from gossamer.model.traffic.service import Service


def granted(read: TrackedLookup, source: ObjectRef, kind: str, namespace: str, name: str) -> bool:
    """Whether an object may refer to a core object (Service, Secret) of that namespace."""
    return not refusing(read, source, (source.namespace,), ObjectRef(kind, namespace, name))


def may_send(read: TrackedLookup, claim: RouteSet, service: Service) -> bool:
    """Whether a route may send to a service. Its own parent, whose callers it routes, needs no
    grant: they were on the way there (Gateway API, GEP-1426)."""
    if claim.dialect is not Dialect.GATEWAY_API:
        return True
    if MESH in claim.parents and service.host in claim.hosts:
        return True
    name = service.host.partition(".")[0]
    return granted(read, claim.object, "Service", service.namespace, name)


def refusing(
    read: TrackedLookup, source: ObjectRef, asking: Iterable[str], target: ObjectRef
) -> tuple[str, ...]:
    """Those of the namespaces that may not use the target by way of an object like `source`."""
    return tuple(
        each
        for each in dict.fromkeys(asking)
        if each != target.namespace and not _is_granted(read, source, each, target)
    )


def _is_granted(read: TrackedLookup, source: ObjectRef, asking: str, target: ObjectRef) -> bool:
    who = (source.group, source.kind, asking)
    what = {("", target.kind, ""), ("", target.kind, target.name)}
    for grant in read.lookup(tables.GRANTS, target.namespace) or ():
        if who in grant.sources and what & set(grant.targets):
            read.decided(grant.object)
            return True
    return False
