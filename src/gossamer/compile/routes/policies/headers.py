"""Header changes, of a route or of one of its backends. Values are formats, as Envoy reads them."""

from __future__ import annotations

from envoy.config.core.v3.base_pb2 import HeaderValueOption
from envoy.config.route.v3.route_components_pb2 import Route, WeightedCluster
from google.protobuf.internal.containers import RepeatedCompositeFieldContainer

from gossamer.model.policies.headers import Headers, Pairs

HOST_NAMES = ("host", ":authority")


def apply_headers(route: Route, headers: Headers) -> None:
    """Change headers both ways; setting the host rewrites it, as Envoy wants."""
    fill_changes(route, headers)
    host = _new_host(headers)
    if host is not None and route.HasField("route"):
        route.route.host_rewrite_literal = host


def apply_headers_of_share(weighted: WeightedCluster.ClusterWeight, headers: Headers) -> None:
    """Change headers of the requests that go to one backend of several."""
    fill_changes(weighted, headers)
    host = _new_host(headers)
    if host is not None:
        weighted.host_rewrite_literal = host


def fill_changes(carrier: Route | WeightedCluster.ClusterWeight, headers: Headers) -> None:
    """Fill the header fields that Route and WeightedCluster share.

    Values are in Envoy's format already; a dialect without it has escaped its percent signs.
    """
    both = (
        (carrier.request_headers_to_add, headers.request),
        (carrier.response_headers_to_add, headers.response),
    )
    for options, change in both:
        _append(options, change.set, "OVERWRITE_IF_EXISTS_OR_ADD")
        _append(options, change.add, "APPEND_IF_EXISTS_OR_ADD")
    carrier.request_headers_to_remove.extend(headers.request.remove)
    carrier.response_headers_to_remove.extend(headers.response.remove)


def _new_host(headers: Headers) -> str | None:
    return next((v for name, v in headers.request.set if name.lower() in HOST_NAMES), None)


def _append(
    options: RepeatedCompositeFieldContainer[HeaderValueOption], pairs: Pairs, action: str
) -> None:
    for name, value in pairs:
        if name.lower() in HOST_NAMES:
            continue
        option = options.add()
        option.header.key = name
        option.header.value = value
        option.append_action = option.HeaderAppendAction.Value(action)
        option.keep_empty_value = value == ""
