"""xDS messages as bytes: resources are encoded once and then only joined and sliced.

A `Resource` carries its `frame`: the bytes of `DeltaDiscoveryResponse.resources` (field 2) with
tag and length, ready to be joined with others. Requests are small and rare, so they go through
protobuf's own classes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

from gossamer.xds import wire
from gossamer.xds.wire import MalformedFrame

ABSENT = "absent"
"""The version of an answer that says "there is nothing by this name"."""

LARGE = 4096
"""Bytes of a request that is worth remembering."""

_VERSION, _BODY, _NAME, _ALIASES = 1, 2, 3, 4
_RESOURCES, _TYPE_URL, _NONCE, _REMOVED = 2, 4, 5, 6

_INVALID_ARGUMENT = 3  # google.rpc.Code, whose module is heavy for one number


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Resource:
    """One xDS resource in one version, encoded.

    `needs` names what must be with the client before this resource is, as (type URL, name);
    it is the sender's knowledge and never on the wire.
    """

    name: str
    version: str
    frame: bytes = field(repr=False)
    aliases: tuple[str, ...] = ()
    needs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DiscoveryResponse:
    """A DeltaDiscoveryResponse, its resources still encoded."""

    type_url: str
    nonce: str
    resources: tuple[Resource, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """Who a client says it is; `raw` is its whole `core.v3.Node` message."""

    id: str
    cluster: str = ""
    raw: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class DiscoveryRequest:
    """A DeltaDiscoveryRequest. A nonce makes it an ACK, or a NACK if there is an `error`."""

    type_url: str
    subscribe: tuple[str, ...] = ()
    unsubscribe: tuple[str, ...] = ()
    initial: Mapping[str, str] = field(default_factory=dict)
    nonce: str = ""
    error: str | None = None
    node: Node | None = None


def frame_resource(
    type_url: str,
    name: str,
    version: str,
    body: bytes,
    aliases: tuple[str, ...] = (),
    needs: tuple[tuple[str, str], ...] = (),
) -> Resource:
    """Wrap a serialized message; `body` is copied and never looked at."""
    packed = wire.text(1, type_url) + (wire.field(2, body) if body else b"")
    return _framed(name, version, wire.field(_BODY, packed), aliases, needs)


def frame_absent(name: str) -> Resource:
    """The body-less entry that tells a client there is nothing behind the name it asked for."""
    return _framed(name, ABSENT, b"", (name,), ())


def _framed(
    name: str,
    version: str,
    body: bytes,
    aliases: tuple[str, ...],
    needs: tuple[tuple[str, str], ...],
) -> Resource:
    also = b"".join(wire.field(_ALIASES, alias.encode()) for alias in aliases)
    message = wire.text(_VERSION, version) + body + wire.text(_NAME, name) + also
    return Resource(name, version, wire.field(_RESOURCES, message), aliases, needs)


def join_response(
    type_url: str,
    nonce: str,
    resources: Iterable[Resource],
    removed: Iterable[str],
    joined: bytes = b"",
) -> bytes:
    """A serialized DeltaDiscoveryResponse out of ready frames, some of them `joined` before."""
    parts = [joined, *(resource.frame for resource in resources)]
    parts += [wire.text(_TYPE_URL, type_url), wire.text(_NONCE, nonce)]
    parts += [wire.field(_REMOVED, name.encode()) for name in removed]
    return b"".join(parts)


def parse_response(data: bytes) -> DiscoveryResponse:
    """Slice a response into its resources. Raises MalformedFrame."""
    type_url = nonce = ""
    resources, removed = [], []
    for number, start, begin, end in wire.spans(data):
        if number == _RESOURCES:
            resources.append(_sliced(data[begin:end], data[start:end]))
        elif number == _TYPE_URL:
            type_url = _decoded(data[begin:end])
        elif number == _NONCE:
            nonce = _decoded(data[begin:end])
        elif number == _REMOVED:
            removed.append(_decoded(data[begin:end]))
    return DiscoveryResponse(type_url, nonce, tuple(resources), tuple(removed))


def parse_frame(frame: bytes) -> Resource:
    """The resource that a single stored frame holds. Raises MalformedFrame."""
    for number, _, begin, end in wire.spans(frame):
        if number == _RESOURCES and end == len(frame):
            return _sliced(frame[begin:end], frame)
    raise MalformedFrame("not one resource frame")


def body_of(resource: Resource) -> bytes | None:
    """The message inside the resource, or None where it has none (a negative answer)."""
    bodies = list(wire.at_path(resource.frame, (_RESOURCES, _BODY)))
    return b"".join(wire.at_path(bodies[0], (2,))) if bodies else None


def _sliced(message: bytes, frame: bytes) -> Resource:
    name = version = ""
    aliases = []
    for number, _, begin, end in wire.spans(message):
        if number == _NAME:
            name = _decoded(message[begin:end])
        elif number == _VERSION:
            version = _decoded(message[begin:end])
        elif number == _ALIASES:
            aliases.append(_decoded(message[begin:end]))
    return Resource(name, version, frame, tuple(aliases))


def _decoded(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError as error:
        raise MalformedFrame("a name is not UTF-8") from error


def parse_request(data: bytes) -> DiscoveryRequest:
    """Read a client's request. Raises MalformedFrame.

    Many clients say the same: large ones are equal openings, small ones mostly acknowledgements.
    """
    return _parse_large(data) if len(data) >= LARGE else _parse_small(data)


def _parse(data: bytes) -> DiscoveryRequest:
    message = _delta_request()
    try:
        message.ParseFromString(data)
    except Exception as error:
        raise MalformedFrame("not a DeltaDiscoveryRequest") from error
    return DiscoveryRequest(
        type_url=message.type_url,
        subscribe=tuple(message.resource_names_subscribe),
        unsubscribe=tuple(message.resource_names_unsubscribe),
        initial=dict(message.initial_resource_versions),
        nonce=message.response_nonce,
        error=message.error_detail.message if message.HasField("error_detail") else None,
        node=_node(message.node) if message.HasField("node") else None,
    )


_parse_large = lru_cache(maxsize=16)(_parse)
_parse_small = lru_cache(maxsize=1024)(_parse)


def encode_request(request: DiscoveryRequest) -> bytes:
    """Write a request as a client sends it. A refusal carries the code INVALID_ARGUMENT."""
    message = _delta_request()
    message.type_url = request.type_url
    message.resource_names_subscribe.extend(request.subscribe)
    message.resource_names_unsubscribe.extend(request.unsubscribe)
    message.initial_resource_versions.update(request.initial)
    message.response_nonce = request.nonce
    if request.error is not None:
        message.error_detail.code = _INVALID_ARGUMENT
        message.error_detail.message = request.error
    if request.node is not None:
        message.node.ParseFromString(request.node.raw)
        message.node.id, message.node.cluster = request.node.id, request.node.cluster
    return bytes(message.SerializeToString(deterministic=True))


def _delta_request() -> Any:
    return _delta_request_type()()


@cache
def _delta_request_type() -> Any:
    from envoy.service.discovery.v3 import discovery_pb2

    return discovery_pb2.DeltaDiscoveryRequest


def _node(message: Any) -> Node:
    return Node(message.id, message.cluster, message.SerializeToString())
