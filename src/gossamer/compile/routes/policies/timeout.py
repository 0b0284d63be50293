"""Timeouts of a route. Without one a request may take as long as it likes (Istio's default)."""

from __future__ import annotations

from envoy.config.route.v3.route_components_pb2 import Route

from gossamer.model.policies.timeout import Timeout


def apply_timeout(route: Route, timeout: Timeout) -> None:
    """Bound the whole request, and each try of it."""
    if timeout.request is not None:
        route.route.timeout.FromTimedelta(timeout.request)
    if timeout.backend_request:
        route.route.retry_policy.per_try_timeout.FromTimedelta(timeout.backend_request)
