"""What a virtual host needs before it can route: the clusters that its routes name, and what
these need: endpoints; and what no proxy gets from another: keys.

The plane pushes both ahead by itself. When a neighbour's answer is used instead, the relay must
know them too; it reads the few fields that say so and steps over the rest.
"""

from __future__ import annotations

from gossamer.contract.secret_names import WITH_KEY, parse_secret
from gossamer.contract.type_urls import SECRET
from gossamer.xds import wire
from gossamer.xds.frame import Resource, body_of

_ROUTES, _ACTION = 3, 2
_EDS_CONFIG = (3,)  # cluster.eds_cluster_config
_CLUSTER_NAMES = (
    (_ROUTES, _ACTION, 1),  # route.cluster
    (_ROUTES, _ACTION, 3, 1, 1),  # route.weighted_clusters.clusters.name
    (_ROUTES, _ACTION, 30, 1),  # route.request_mirror_policies.cluster
)


def clusters_of(virtual_host: Resource) -> list[str]:
    """The names of the clusters that a virtual host's routes go to, each once, in order."""
    body = body_of(virtual_host)
    if body is None:
        return []
    names = (name for path in _CLUSTER_NAMES for name in wire.at_path(body, path))
    return list(dict.fromkeys(name.decode() for name in names))


def awaits_endpoints(cluster: Resource) -> bool:
    """Whether a cluster's endpoints come as a resource of their own, by the same name."""
    body = body_of(cluster)
    return body is not None and any(True for _ in wire.at_path(body, _EDS_CONFIG))


def holds_key(type_url: str, name: str) -> bool:
    """Whether the resource of that name has a private key in it."""
    secret = parse_secret(name) if type_url == SECRET else None
    return secret is not None and secret.kind in WITH_KEY
