"""What a response asks of the proxy that gets it; looked up once for equal responses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2,
)
from envoy.extensions.transport_sockets.tls.v3 import tls_pb2
from google.protobuf.message import Message

from gossamer.contract.type_urls import CLUSTER, LISTENER, ROUTE
from gossamer.xds.frame import Resource, body_of, parse_response

_HTTP = "envoy.filters.network.http_connection_manager"


@dataclass(frozen=True, slots=True)
class Seen:
    """Names in a response, and the names that those resources make a proxy ask for."""

    type_url: str
    nonce: str
    names: frozenset[str]
    endpoints: frozenset[str] = frozenset()
    secrets: frozenset[str] = frozenset()
    routes: frozenset[str] = frozenset()
    extensions: frozenset[str] = frozenset()
    asks_hosts: bool = False


@lru_cache(maxsize=256)
def look(data: bytes) -> Seen:
    """What a serialized DeltaDiscoveryResponse holds."""
    response = parse_response(data)
    names = {name for each in response.resources for name in (each.name, *each.aliases)}
    names.update(response.removed)
    common = response.type_url, response.nonce, frozenset(names)
    parsed = [_parsed(response.type_url, each) for each in response.resources]
    if response.type_url == CLUSTER:
        behind = frozenset(c.name for c in parsed if c is not None and c.type == Cluster.EDS)
        return Seen(*common, endpoints=behind, secrets=frozenset(_all(map(_secrets, parsed))))
    if response.type_url == LISTENER:
        discovered = frozenset(_all(map(_extensions, parsed)))
        return Seen(*common, routes=frozenset(_all(map(_routes, parsed))), extensions=discovered)
    if response.type_url == ROUTE:
        return Seen(*common, asks_hosts=any(c.HasField("vhds") for c in parsed if c is not None))
    return Seen(*common)


@lru_cache(maxsize=64)
def holds(data: bytes, marker: bytes) -> bool:
    """Whether a response carries the marker."""
    return marker in data


_MESSAGES: Mapping[str, type[Message]] = {
    CLUSTER: Cluster,
    LISTENER: Listener,
    ROUTE: RouteConfiguration,
}


@lru_cache(maxsize=50_000)
def _parsed(type_url: str, resource: Resource) -> Any:
    body = body_of(resource)
    kind = _MESSAGES.get(type_url)
    return kind.FromString(body) if kind and body else None


def _all(groups: Any) -> Iterator[str]:
    return (name for group in groups for name in group)


def _secrets(cluster: Any) -> Iterator[str]:
    if cluster is None:
        return
    sockets = [each.transport_socket for each in cluster.transport_socket_matches]
    for socket in (*sockets, cluster.transport_socket):
        tls = tls_pb2.UpstreamTlsContext()
        if socket.typed_config.Unpack(tls):
            context = tls.common_tls_context
            yield from (each.name for each in context.tls_certificate_sds_secret_configs)
            combined = context.combined_validation_context.validation_context_sds_secret_config
            yield from filter(
                None, (context.validation_context_sds_secret_config.name, combined.name)
            )


def _routes(listener: Any) -> Iterator[str]:
    for http in _managers(listener):
        if http.HasField("rds"):
            yield http.rds.route_config_name


def _extensions(listener: Any) -> Iterator[str]:
    """The discovered filters, of connections and of requests."""
    filters = [each for chain in _chains(listener) for each in chain.filters]
    for each in (*filters, *(own for http in _managers(listener) for own in http.http_filters)):
        if each.HasField("config_discovery"):
            yield each.name


def _managers(listener: Any) -> Iterator[Any]:
    for chain in _chains(listener):
        for each in chain.filters:
            http = http_connection_manager_pb2.HttpConnectionManager()
            if each.name == _HTTP and each.typed_config.Unpack(http):
                yield http


def _chains(listener: Any) -> Iterable[Any]:
    return () if listener is None else (*listener.filter_chains, listener.default_filter_chain)
