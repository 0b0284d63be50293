"""The type URLs of resources and messages, as xDS and `google.protobuf.Any` write them."""

from __future__ import annotations

_MESSAGE = "type.googleapis.com/"
_OURS = "type.gossamer.dev/v1."


def type_url(message: str) -> str:
    """The type URL of a message by its full name, such as `envoy.config.cluster.v3.Cluster`."""
    return _MESSAGE + message


def short_name(url: str) -> str:
    """The last part of a type URL, such as `Cluster`; a text without parts as it is."""
    return url.rpartition(".")[2]


CLUSTER = type_url("envoy.config.cluster.v3.Cluster")
ENDPOINT = type_url("envoy.config.endpoint.v3.ClusterLoadAssignment")
SECRET = type_url("envoy.extensions.transport_sockets.tls.v3.Secret")
LISTENER = type_url("envoy.config.listener.v3.Listener")
EXTENSION = type_url("envoy.config.core.v3.TypedExtensionConfig")
ROUTE = type_url("envoy.config.route.v3.RouteConfiguration")
VIRTUAL_HOST = type_url("envoy.config.route.v3.VirtualHost")

NAMES = _OURS + "Names"
"""The table of a host's resolver, which no Envoy ever sees."""

POLICIES = _OURS + "Policies"
"""The Rego of a host's open policy, which no Envoy ever sees."""

ALL_POLICIES = "policies"
"""The one resource of that type: all Rego that a host's proxies may ask about."""

VIEWS = _OURS + "Views"
"""The digests of a proxy's views, which its relay alone reads."""
