"""Routes that are chosen anew once a token was checked, and filters that must be awake for them.

Envoy decides which sleeping filters a request meets by the route that it has first, when no claim
is known. So where some route asks for claims, the host as a whole wakes the filters that any of its
routes gives work, with nothing to do.
"""

from __future__ import annotations

from envoy.config.route.v3.route_components_pb2 import VirtualHost
from google.protobuf.any_pb2 import Any

from gossamer.compile.http_filters.chain import ORDER
from gossamer.compile.side import Direction


def wake_filters(host: VirtualHost) -> None:
    """Wake what the routes of a gateway's host may need, if one of them asks for claims."""
    if not any(route.match.dynamic_metadata for route in host.routes):
        return
    for step in ORDER:
        working = (r.typed_per_filter_config for r in host.routes)
        kinds = {each[step.name].type_url for each in working if step.name in each}
        if Direction.GATEWAY in step.disabled and kinds:
            host.typed_per_filter_config[step.name].CopyFrom(Any(type_url=kinds.pop()))
