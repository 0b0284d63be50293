"""Whose a host of the cluster's domain is: the namespace in its name.

Other hosts (`api.example.com`) belong to nobody. A pattern that covers hosts of several namespaces
belongs to none of them, and only the root namespace speaks for it.
"""

from __future__ import annotations

from gossamer.model.ids import CLUSTER_DOMAIN, EVERYWHERE

MANY = ""
"""The owner of a pattern that covers hosts of several namespaces."""

_DOMAIN = f".svc.{CLUSTER_DOMAIN}"


def owner_of(host: str) -> str | None:
    """The namespace of a host or pattern; MANY for a pattern over several, None for a host that
    is outside the cluster's domain."""
    host = host.lower().rstrip(".")
    if host == EVERYWHERE:
        return MANY
    if host.startswith("*.") and f"{_DOMAIN}.".endswith(f"{host[1:]}."):
        return MANY
    if not host.endswith(_DOMAIN):
        return None
    namespace = host.removesuffix(_DOMAIN).rpartition(".")[2]
    return MANY if "*" in namespace else namespace
