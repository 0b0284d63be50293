"""Trust domains that are federated with the mesh: whose workloads it lets in."""

from __future__ import annotations

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.model import tables
from gossamer.model.assembly.visible import settings_of
from gossamer.model.ids import EVERYWHERE
from gossamer.model.workload.federated_domain import FederatedDomain


def federated_domains(read: TrackedLookup) -> tuple[FederatedDomain, ...]:
    """Each in order of name; a name of the mesh's own trust domain is nobody else's."""
    own = settings_of(read).trust_domains
    known = read.lookup(tables.FEDERATION, EVERYWHERE) or ()
    return tuple(each for each in known if each.name not in own)


def admitted_domains(read: TrackedLookup) -> tuple[str, ...]:
    """The trust domains whose workloads may call: the mesh's own by every name, then the others."""
    return (*settings_of(read).trust_domains, *(each.name for each in federated_domains(read)))
