"""What decides one proxy's resources, told to its relay: a digest of the view of each type.

Equal digests mean equal resources for equal names that are asked, so a host's relays may answer
for each other. It is a resource like others: a proxy that comes to see something else is notified
ahead of what it then sees.
"""

from __future__ import annotations

import json

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import View, Views, digest, views_of
from gossamer.contract.secret_names import SecretKind, SecretName
from gossamer.model import tables

_A_KEY = str(SecretName(SecretKind.GATEWAY, "of/any"))

SHARED = (
    ResourceType.CLUSTER,
    ResourceType.ENDPOINTS,
    ResourceType.VIRTUAL_HOST,
    ResourceType.SECRET,
)


def build_views(read: TrackedLookup, _: View, name: str) -> bytes | None:
    """JSON of type URL to digest for the proxy of that node, `POD.NAMESPACE`."""
    own, _dot, namespace = name.rpartition(".")
    pod = read.lookup(tables.PODS, f"{namespace}/{own}")
    if pod is None:
        return None
    views = views_of(read, pod)
    return json.dumps({kind.value: _digest(views, kind) for kind in SHARED}).encode()


def _digest(views: Views, kind: ResourceType) -> str:
    """Of all views under which resources of that type are given: a gateway's keys are under
    another than its other secrets."""
    names = ("", _A_KEY) if kind is ResourceType.SECRET else ("",)
    return "+".join(dict.fromkeys(digest(views.of(kind, name)) for name in names))
