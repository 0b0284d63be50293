"""Whom a client trusts to answer for a host: the identities of whoever stands behind it.

They are written into the cluster, beside roots that come by SDS once for all clusters. A secret
for each host would spare a cluster its renewal when a service account joins, which is rare, and
cost each first use another question, and each host a copy of the trust bundle.
"""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.compile.clusters.upstream import Upstream
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.model import tables
from gossamer.model.assembly.visible import settings_of

NOBODY = "spiffe://nobody"
"""Trusted where a host has no identity yet: its calls fail rather than trust anybody."""


def identities_behind(read: TrackedLookup, upstream: Upstream) -> tuple[str, ...]:
    """The names of which a server's certificate must hold one, in order."""
    return tuple(sorted(set(_identities(read, upstream)))) or (NOBODY,)


def spiffe(trust_domain: str, namespace: str, account: str) -> str:
    """The identity of a service account."""
    return f"spiffe://{trust_domain}/ns/{namespace}/sa/{account}"


def _identities(read: TrackedLookup, upstream: Upstream) -> Iterator[str]:
    """Each account by every name of the trust domain."""
    if upstream.source is not None and upstream.pod is None:
        yield from upstream.source.subject_alt_names
    for domain in settings_of(read).trust_domains:
        for namespace, account in _accounts(read, upstream):
            yield spiffe(domain, namespace, account)


def _accounts(read: TrackedLookup, upstream: Upstream) -> Iterator[tuple[str, str]]:
    if upstream.pod is not None:
        yield upstream.pod.namespace, upstream.pod.service_account
    elif upstream.source is not None:
        for account in read.lookup(tables.ACCOUNTS, upstream.source.host) or ():
            namespace, _, name = account.partition("/")
            yield namespace, name
