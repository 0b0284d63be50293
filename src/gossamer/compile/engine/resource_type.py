"""The kinds of resources that a proxy or an agent subscribes to."""

from __future__ import annotations

from enum import Enum

_ENVOY = "type.googleapis.com/envoy."


class ResourceType(Enum):
    """A kind of resource; its value is the xDS type URL."""

    CLUSTER = _ENVOY + "config.cluster.v3.Cluster"
    ENDPOINTS = _ENVOY + "config.endpoint.v3.ClusterLoadAssignment"
    SECRET = _ENVOY + "extensions.transport_sockets.tls.v3.Secret"
    LISTENER = _ENVOY + "config.listener.v3.Listener"
    ROUTE = _ENVOY + "config.route.v3.RouteConfiguration"
    VIRTUAL_HOST = _ENVOY + "config.route.v3.VirtualHost"
    NAMES = "type.gossamer.dev/v1.Names"
    VIEWS = "type.gossamer.dev/v1.Views"

    # Members are singletons; hashing by identity in C, not by name in Python, halves lookups.
    __hash__ = object.__hash__
