"""What idempotent requests may have repeated beyond their route's policy.

Envoy's retry policies cannot tell methods apart. Two routes could, but Envoy makes all routes anew
whenever it gets one more host, so each route that a host has is paid again and again (decision
12). Instead the policy of a route says what holds for every method, and this filter has idempotent
requests ask for more, by the header that Envoy's router reads and takes off. A route whose author
names conditions removes it (`refuse_more`).

https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter
"""

from __future__ import annotations

from envoy.config.route.v3.route_components_pb2 import Route
from envoy.extensions.common.matching.v3.extension_matcher_pb2 import ExtensionWithMatcher
from envoy.extensions.filters.http.header_mutation.v3.header_mutation_pb2 import HeaderMutation

from gossamer.compile.http_filters.by_method import for_methods

NAME = "gossamer.filters.http.retry"
HEADER = "x-envoy-retry-on"
IDEMPOTENT = ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE")
"""The common ones first: they are compared in this order."""

STATUSES = "retriable-status-codes"
"""What an idempotent request asks for: the statuses that its route's policy lists."""


def retry_filter() -> ExtensionWithMatcher:
    """Adds the header unless the request has it; skipped for methods that are not idempotent."""
    return for_methods("envoy.filters.http.header_mutation", _asking(), IDEMPOTENT)


def refuse_more(route: Route) -> None:
    """Let nothing be repeated on this route but what its own policy says."""
    route.request_headers_to_remove.append(HEADER)


def may_ask(route: Route, method: str) -> bool:
    """Whether requests of that method have more repeated than the route's policy says."""
    return method in IDEMPOTENT and HEADER not in route.request_headers_to_remove


def _asking() -> HeaderMutation:
    mutation = HeaderMutation()
    append = mutation.mutations.request_mutations.add().append
    append.header.key, append.header.value = HEADER, STATUSES
    append.append_action = append.ADD_IF_ABSENT
    return mutation
