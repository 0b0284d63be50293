"""A compiled body back as a message, for people's eyes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.core.v3.extension_pb2 import TypedExtensionConfig
from envoy.config.endpoint.v3.endpoint_pb2 import ClusterLoadAssignment
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.config.route.v3.route_components_pb2 import VirtualHost
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from envoy.extensions.transport_sockets.tls.v3.secret_pb2 import Secret
from google.protobuf import json_format
from google.protobuf.message import Message

from gossamer.compile.engine.resource_type import ResourceType

MESSAGES: Mapping[ResourceType, type[Message]] = {
    ResourceType.CLUSTER: Cluster,
    ResourceType.ENDPOINTS: ClusterLoadAssignment,
    ResourceType.SECRET: Secret,
    ResourceType.LISTENER: Listener,
    ResourceType.EXTENSION: TypedExtensionConfig,
    ResourceType.ROUTE: RouteConfiguration,
    ResourceType.VIRTUAL_HOST: VirtualHost,
}


def message_of(kind: ResourceType, body: bytes) -> Any:
    """The protobuf message of a compiled body (not for NAMES and VIEWS, which are JSON)."""
    return MESSAGES[kind].FromString(body)


def shown(kind: ResourceType, body: bytes) -> Any:
    """A compiled body as its protobuf JSON says it; a private key never shows."""
    message = message_of(kind, body)
    if kind is ResourceType.SECRET and message.tls_certificate.HasField("private_key"):
        message.tls_certificate.private_key.inline_string = "(not shown)"
    return json.loads(json_format.MessageToJson(message))
