"""What a proxy does to a request before its routes see it: path made alike, headers taken off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from envoy.config.core.v3.protocol_pb2 import HttpProtocolOptions
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2,
)
from envoy.extensions.http.early_header_mutation.header_mutation.v3.header_mutation_pb2 import (
    HeaderMutation,
)

from gossamer.explain.route.request import ExplainedRequest
from gossamer.explain.walk.path import arriving


def as_routed(
    manager: http_connection_manager_pb2.HttpConnectionManager, request: ExplainedRequest
) -> ExplainedRequest:
    """The request as the routes of an HttpConnectionManager get it."""
    names, prefixes = set[str](), tuple[str, ...]()
    for change in _changes(manager):
        names.add(change.remove)
        if change.HasField("remove_on_match"):
            prefixes = (*prefixes, change.remove_on_match.key_matcher.prefix)
    kept = tuple(
        (name, value)
        for name, value in request.headers
        if name not in names and not name.startswith(prefixes)
    )
    path = arriving(manager, request.path)
    return ExplainedRequest(request.method, request.scheme, request.authority, path, kept)


def refused_header(
    manager: http_connection_manager_pb2.HttpConnectionManager, request: ExplainedRequest
) -> str | None:
    """The header for whose name the whole request is refused, before anything else is looked at."""
    action = manager.common_http_protocol_options.headers_with_underscores_action
    if action != HttpProtocolOptions.HeadersWithUnderscoresAction.REJECT_REQUEST:
        return None
    return next((name for name, _ in request.headers if "_" in name), None)


def _changes(manager: http_connection_manager_pb2.HttpConnectionManager) -> Iterator[Any]:
    for extension in manager.early_header_mutation_extensions:
        yield from HeaderMutation.FromString(extension.typed_config.value).mutations
