"""Whose a host of the cluster's domain is: the namespace in its name.

Other hosts (`api.example.com`) belong to nobody. A pattern that covers hosts of several namespaces
belongs to none of them, and only the root namespace speaks for it.
"""

from __future__ import annotations

from functools import lru_cache

from gossamer.model.ids import CLUSTER_DOMAIN, EVERYWHERE, ROOT_NAMESPACE

MANY = ""
"""The owner of what several namespaces mean."""

_SERVICES = f".svc.{CLUSTER_DOMAIN}"


def at_home(host: str, namespace: str, scopes: tuple[str, ...]) -> tuple[str, ...]:
    """Where what an object of `namespace` says of a host holds, if it is exported to `scopes`.

    Of another namespace's host it speaks to its own clients alone, unless the root namespace
    says it.
    """
    owner = owner_of(host)
    if owner in (None, namespace) or namespace == ROOT_NAMESPACE:
        return scopes
    return (namespace,) if EVERYWHERE in scopes or namespace in scopes else ()


@lru_cache(maxsize=65536)
def owner_of(host: str) -> str | None:
    """The namespace of a host or pattern; None for a host that is outside the cluster's domain.

    MANY for a pattern over several namespaces, and for a name of the domain that is no service's:
    callers everywhere come by it on their search path (`pay.cluster.local` for `pay`).
    """
    host = host.lower().rstrip(".")
    if host == EVERYWHERE:
        return MANY
    if host.startswith("*.") and f"{_SERVICES}.".endswith(f"{host[1:]}."):
        return MANY
    if not f".{host}".endswith(f".{CLUSTER_DOMAIN}"):
        return None
    _, dot, namespace = host.removesuffix(_SERVICES).rpartition(".")
    is_service = dot and host.endswith(_SERVICES)
    return namespace if is_service and "*" not in namespace else MANY
