"""ReferenceGrants: Gateway API reaches into another namespace only where that one says so."""

from __future__ import annotations

from gossamer.compile.reads import Reader
from gossamer.model import tables
from gossamer.model.origin import ObjectRef


def granted(read: Reader, source: ObjectRef, kind: str, namespace: str, name: str) -> bool:
    """Whether an object may refer to a core object (Service, Secret) of that namespace."""
    if namespace == source.namespace:
        return True
    asking = (source.group, source.kind, source.namespace)
    targets = {("", kind, ""), ("", kind, name)}
    for grant in read.lookup(tables.GRANTS, namespace) or ():
        if asking in grant.sources and targets & set(grant.targets):
            read.decided(grant.object)
            return True
    return False
