"""Direct responses: the proxy answers itself."""

from __future__ import annotations

from envoy.config.route.v3.route_components_pb2 import Route

from gossamer.model.policies.direct_response import DirectResponse


def apply_direct_response(route: Route, response: DirectResponse) -> None:
    """Answer with a fixed status and body."""
    route.direct_response.status = response.status
    if response.body:
        route.direct_response.body.inline_bytes = response.body
