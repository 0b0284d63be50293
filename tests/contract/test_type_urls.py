"""Type URLs are what Envoy's own descriptors say, and no two resources share one."""

from __future__ import annotations

import pytest
from envoy.config.cluster.v3 import cluster_pb2
from envoy.config.endpoint.v3 import endpoint_pb2
from envoy.config.listener.v3 import listener_pb2
from envoy.config.route.v3 import route_components_pb2, route_pb2
from envoy.extensions.transport_sockets.tls.v3 import secret_pb2
from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message

from gossamer.contract import type_urls

OF_ENVOY = {
    type_urls.CLUSTER: cluster_pb2.Cluster,
    type_urls.ENDPOINT: endpoint_pb2.ClusterLoadAssignment,
    type_urls.SECRET: secret_pb2.Secret,
    type_urls.LISTENER: listener_pb2.Listener,
    type_urls.ROUTE: route_pb2.RouteConfiguration,
    type_urls.VIRTUAL_HOST: route_components_pb2.VirtualHost,
}


@pytest.mark.parametrize(("url", "message"), OF_ENVOY.items())
def test_a_type_url_is_that_of_its_message(url: str, message: type[Message]) -> None:
    """Protobuf packs the message under the same URL, and unpacks what we packed under it."""
    packed = Any()
    packed.Pack(message())
    assert packed.type_url == url == type_urls.type_url(message.DESCRIPTOR.full_name)


def test_each_resource_has_a_url_of_its_own() -> None:
    """Our own two are not taken for a message of Envoy's, nor for each other."""
    assert len({*OF_ENVOY, type_urls.NAMES, type_urls.VIEWS}) == len(OF_ENVOY) + 2


@pytest.mark.parametrize(
    ("url", "short"),
    [(type_urls.CLUSTER, "Cluster"), (type_urls.VIEWS, "Views"), ("", ""), ("plain", "plain")],
)
def test_a_short_name_is_the_last_part(url: str, short: str) -> None:
    """Metrics are labelled by it; what has no parts is its own label."""
    assert type_urls.short_name(url) == short
