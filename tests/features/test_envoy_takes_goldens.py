"""Real Envoy refuses nothing of what the golden inputs compile to."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.core.v3.config_source_pb2 import ApiVersion
from envoy.config.endpoint.v3.endpoint_pb2 import ClusterLoadAssignment
from envoy.config.listener.v3.listener_components_pb2 import FilterChainMatch
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.config.route.v3.route_components_pb2 import VirtualHost
from envoy.config.route.v3.route_pb2 import RouteConfiguration

from gossamer.compile.engine.message import message_of
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import GatewayView
from gossamer.compile.listeners.filter_chains import chain, listener
from gossamer.compile.listeners.http_connection import inline_http
from gossamer.compile.routes.empty_configuration import route_config
from gossamer.compile.side import Direction, Side
from gossamer.model.mesh import Mesh
from tests.compile.validating import refusal
from tests.features.golden import bodies_of, cases, read_case

pytestmark = pytest.mark.e2e

Static = tuple[ResourceType, Any]


async def test_every_golden_is_taken(tmp_path: Path) -> None:
    """All resources of all inputs stand in one bootstrap that Envoy calls valid.

    Each has a port of its own there, and a name of its own where another has it too. Routes and
    endpoints, which a bootstrap cannot hold, are put into a listener and a cluster.
    """
    numbers = count(20_000)
    made: dict[ResourceType, list[Any]] = {}
    taken: set[str] = set()
    for kind, body in sorted(_bodies(), key=lambda pair: (pair[0].name, pair[1])):
        for where, message in _static(kind, message_of(kind, body), next(numbers)):
            if message.name in taken:
                message.name = f"{message.name}-{len(taken)}"
            taken.add(message.name)
            made.setdefault(where, []).append(message)
    assert len(made[ResourceType.LISTENER]) > 40
    assert await refusal(tmp_path, made) == ""


def _bodies() -> set[tuple[ResourceType, bytes]]:
    """Every different body that a proxy of some input could hold."""
    return {
        (kind, body)
        for case in cases()
        for held in bodies_of(case, read_case(case)).values()
        for (kind, _), body in held.items()
        if kind is not ResourceType.SECRET
    }


def _static(kind: ResourceType, message: Any, number: int) -> Iterator[Static]:
    match message:
        case Cluster():
            yield ResourceType.CLUSTER, _cluster(message)
        case ClusterLoadAssignment():
            found = Cluster(name=f"endpoints-{number}", type=Cluster.DiscoveryType.STATIC)
            found.load_assignment.CopyFrom(message)
            yield ResourceType.CLUSTER, found
        case Listener():
            yield ResourceType.LISTENER, _listener(message, number)
        case RouteConfiguration() if not message.HasField("vhds"):
            yield ResourceType.LISTENER, _routing(message, number)
        case VirtualHost() if message.routes:
            config = route_config("one")
            config.virtual_hosts.append(message)
            yield ResourceType.LISTENER, _routing(config, number)


def _cluster(message: Cluster) -> Cluster:
    if message.type == Cluster.DiscoveryType.STRICT_DNS:
        # See `refusal`: with secrets by ADS only clusters of this type survive a validation.
        message.ClearField("load_assignment")
        message.type = Cluster.DiscoveryType.EDS
        message.eds_cluster_config.eds_config.ads.SetInParent()
        message.eds_cluster_config.eds_config.resource_api_version = ApiVersion.V3
    return message


def _listener(message: Listener, number: int) -> Listener:
    for address in (message.address, *(more.address for more in message.additional_addresses)):
        address.socket_address.port_value = number
    return message


_SIDE = Side(Direction.GATEWAY, GatewayView("default", "default", (), "gateway"))


def _routing(config: RouteConfiguration, number: int) -> Listener:
    config.validate_clusters.value = False
    made = listener(f"routes-{number}", number, "OUTBOUND")
    http = inline_http(TrackedLookup(Mesh()), _SIDE, config)
    made.filter_chains.append(chain("routes", FilterChainMatch(), (http,)))
    return made
