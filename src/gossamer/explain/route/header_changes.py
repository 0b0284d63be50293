"""What routes do to headers. Source: Envoy's HeaderParser and its format strings.

Of one carrier, names are removed first, then values overwritten, then appended; the most specific
carrier (a weighted cluster, then its route, then the host) comes first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from envoy.config.core.v3.base_pb2 import HeaderValueOption
from envoy.config.route.v3.route_components_pb2 import Route, WeightedCluster

from gossamer.explain.report.explanation import Changes, HeaderOperations
from gossamer.explain.route.request import ExplainedRequest, Pairs

Carrier = Route | WeightedCluster.ClusterWeight

_COMMAND = re.compile(r"%(?:%|([A-Z0-9_]+)(?:\(([^)]*)\))?(?::(\d+))?%)")
_OVERWRITE = ("OVERWRITE_IF_EXISTS_OR_ADD", "OVERWRITE_IF_EXISTS")


def request_operations(carrier: Carrier, request: ExplainedRequest) -> HeaderOperations:
    """What a carrier does to the request's headers, with its formats filled in.

    A format no longer sees what the same carrier removes.
    """
    removed = tuple(name.lower() for name in carrier.request_headers_to_remove)
    rest = tuple(pair for pair in request.headers if pair[0] not in removed)
    seen = request.with_headers(rest)
    return _operations(carrier.request_headers_to_add, removed, seen)


def response_operations(carrier: Carrier, request: ExplainedRequest) -> HeaderOperations:
    """What a carrier does to the answer's headers."""
    return _operations(carrier.response_headers_to_add, carrier.response_headers_to_remove, request)


def _operations(
    options: Iterable[HeaderValueOption], removed: Iterable[str], request: ExplainedRequest
) -> HeaderOperations:
    changes: dict[bool, list[tuple[str, str]]] = {True: [], False: []}
    for option in options:
        value = filled(option.header.value, request)
        if value or option.keep_empty_value:
            action = option.HeaderAppendAction.Name(option.append_action)
            pair = (option.header.key.lower(), value)
            changes[action in _OVERWRITE].append(pair)
    names = tuple(name.lower() for name in removed)
    return HeaderOperations(names, tuple(changes[True]), tuple(changes[False]))


def changed(headers: Pairs, operations: HeaderOperations) -> Pairs:
    """Headers after these operations."""
    kept = [pair for pair in headers if pair[0] not in operations.remove]
    for name, value in operations.set:
        kept = [pair for pair in kept if pair[0] != name] + [(name, value)]
    return (*kept, *operations.add)


def difference(before: Pairs, after: Pairs) -> Changes:
    """What differs, by name."""
    old, new = _by_name(before), _by_name(after)
    differs = ((name, values) for name, values in new.items() if old.get(name) != values)
    return Changes(tuple(sorted(differs)), tuple(sorted(name for name in old if name not in new)))


def _by_name(headers: Pairs) -> dict[str, tuple[str, ...]]:
    values: dict[str, tuple[str, ...]] = {}
    for name, value in headers:
        values[name] = (*values.get(name, ()), value)
    return values


def filled(text: str, request: ExplainedRequest) -> str:
    """A format with what is known of the request; other commands stay as they are written."""

    def one(command: re.Match[str]) -> str:
        name, argument, length = command.groups()
        if name is None:
            return "%"
        value = _value(name, argument, request)
        if value is None:
            return command[0]
        return value[: int(length)] if length else value

    return _COMMAND.sub(one, text)


def _value(name_of_command: str, argument: str | None, request: ExplainedRequest) -> str | None:
    if name_of_command != "REQ":
        return None
    for name in (argument or "").lower().split("?"):
        value = request.first(name)
        if value is not None:
            return value
    return ""
