"""What decides one proxy's resources, told to its relay: a digest of the view of each type.

Equal digests mean equal resources for equal names that are asked, so a host's relays may answer
for each other. It is a resource like others: a proxy that comes to see something else hears of it
ahead of what it then sees.
"""

from __future__ import annotations

import json

from gossamer.compile.kinds import Kind
from gossamer.compile.reads import Reader
from gossamer.compile.views import View, digest, views_of
from gossamer.model import tables

SHARED = (Kind.CLUSTER, Kind.ENDPOINTS, Kind.VIRTUAL_HOST, Kind.SECRET)


def build_views(read: Reader, _: View, name: str) -> bytes | None:
    """JSON of type URL to digest for the proxy of that node, `POD.NAMESPACE`."""
    own, _dot, namespace = name.rpartition(".")
    pod = read.lookup(tables.PODS, f"{namespace}/{own}")
    if pod is None:
        return None
    views = views_of(read, pod)
    return json.dumps({kind.value: digest(views.of(kind, "")) for kind in SHARED}).encode()
