"""Header changes, of a route or of one of its backends."""

from __future__ import annotations

from typing import Any

from gossamer.model.policies.headers import Headers, Pairs

HOST_NAMES = ("host", ":authority")


def apply_headers(route: Any, headers: Headers) -> None:
    """Change headers both ways; setting the host rewrites it, as Envoy wants."""
    fill_changes(route, headers)
    for name, value in headers.request.set:
        if name.lower() in HOST_NAMES and route.HasField("route"):
            route.route.host_rewrite_literal = value


def fill_changes(carrier: Any, headers: Headers) -> None:
    """Fill the header fields that Route and WeightedCluster share."""
    both = (
        (carrier.request_headers_to_add, headers.request),
        (carrier.response_headers_to_add, headers.response),
    )
    for options, change in both:
        _append(options, change.set, "OVERWRITE_IF_EXISTS_OR_ADD")
        _append(options, change.add, "APPEND_IF_EXISTS_OR_ADD")
    carrier.request_headers_to_remove.extend(headers.request.remove)
    carrier.response_headers_to_remove.extend(headers.response.remove)


def _append(options: Any, pairs: Pairs, action: str) -> None:
    for name, value in pairs:
        if name.lower() in HOST_NAMES:
            continue
        option = options.add()
        option.header.key = name
        option.header.value = value.replace("%", "%%")
        option.append_action = option.HeaderAppendAction.Value(action)
        option.keep_empty_value = value == ""
