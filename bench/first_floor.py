"""First floor: what a first use costs where nothing decides anything.

The client's Envoy asks one server over a Unix socket, as it asks its agent; the server has all
resources ready and sends cluster, endpoints and virtual host at the first ask. No plane, relay,
disk, capture or name server is in the way; clusters, mutual TLS and filters are the shipped ones,
and the server's Envoy is too. Unseen: Envoy has never heard of the host. Known: it has all, and
lacks the connection. A mesh can hardly be faster than the first, nor than the second for hosts that
it remembers. Figures are first minus second request, as in `first_use`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.endpoint.v3.endpoint_pb2 import ClusterLoadAssignment
from envoy.config.route.v3.route_components_pb2 import VirtualHost
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from envoy.extensions.transport_sockets.tls.v3.secret_pb2 import Secret
from google.protobuf.json_format import ParseDict

from bench.first_use import CALLS, row
from bench.pair import ACCOUNT, CALLING, NOTHING_KNOWN, Json, Ports, listener, pair, secrets
from bench.parts import free_ports, running
from bench.path_pods import answers
from bench.report import tell
from gossamer.compile.clusters.policies.connection_pool import apply_connection_pool, apply_protocol
from gossamer.compile.listeners.filter_chains import chain, match_port
from gossamer.compile.listeners.http_connection import fetched_http
from gossamer.compile.protos import ads, socket_address
from gossamer.compile.routes.entry import plain_entry
from gossamer.compile.tls.transport import MESH_HTTP_ALPN, to_mesh
from gossamer.contract.type_urls import CLUSTER, ENDPOINT, LISTENER, ROUTE, SECRET, VIRTUAL_HOST
from gossamer.envoy.bootstrap import BootstrapPlan, bootstrap
from gossamer.identity.authority import Authority
from gossamer.model.tls_parameters import WITHIN_THE_MESH
from gossamer.model.traffic.service import Protocol
from gossamer.xds.events import Answer, Undecided
from gossamer.xds.frame import Node, Resource, frame_resource
from gossamer.xds.serve import serve
from gossamer.xds.stream.session import OpenStreams, Peer, StreamView

_ROUTES = "8080"


def main() -> None:
    """Measure both."""
    import uvloop

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=40)
    count = parser.parse_args().services
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        tell("first_floor", runner.run(measure(count)), services=count)


async def measure(count: int) -> list[dict[str, Any]]:
    """Calls to hosts that the client's Envoy has never heard of, and to hosts that it knows."""
    hosts = [f"host-{number}" for number in range(count)]
    unseen = await _first_uses(hosts, at_once=False)
    known = await _first_uses(hosts, at_once=True)
    return [row("unseen", unseen), row("known", known)]


async def _first_uses(hosts: list[str], at_once: bool) -> list[list[float]]:
    with TemporaryDirectory(prefix="gf-") as name:
        folder, ports = Path(name), Ports(*free_ports(3))
        ready = Ready(folder, ports)
        for host in hosts:
            ready.host(host, at_once)
        serving = await serve([f"unix:{folder}/ads.sock"], OpenStreams(ready))
        with ExitStack() as stack:
            envoys = _envoys(folder, ports)
            await asyncio.to_thread(stack.enter_context, envoys)  # they ask us meanwhile
            took = await _calls(ports.client, hosts)
        await serving.close()
    return took


class Ready:
    """Every resource of one client, encoded before it asks."""

    def __init__(self, folder: Path, ports: Ports) -> None:
        self._ports = ports
        self._rows: dict[tuple[str, str], Resource] = {}
        self._wild: dict[str, list[str]] = {CLUSTER: [], LISTENER: [], VIRTUAL_HOST: []}
        for each in secrets("client", Authority.open(folder / "authority")):
            self._put(SECRET, ParseDict(each, Secret()), each["name"])
        outbound = listener("outbound", ports.client)
        http = fetched_http(NOTHING_KNOWN, CALLING, _ROUTES)
        outbound.filter_chains.append(chain("http", match_port(None), (http,)))
        self._put(LISTENER, outbound, "outbound")
        self._wild[LISTENER].append("outbound")
        routes = RouteConfiguration(name=_ROUTES)
        routes.vhds.config_source.CopyFrom(ads())
        self._put(ROUTE, routes, _ROUTES)

    def host(self, name: str, at_once: bool) -> None:
        """A host with a cluster of its own, at the server; `at_once` in the first answer."""
        cluster = Cluster(name=name, type=Cluster.DiscoveryType.EDS)
        apply_connection_pool(cluster, None)
        apply_protocol(cluster, Protocol.HTTP, None)
        cluster.transport_socket.CopyFrom(
            to_mesh(WITHIN_THE_MESH, (ACCOUNT,), MESH_HTTP_ALPN[1], name)
        )
        cluster.eds_cluster_config.eds_config.CopyFrom(ads())
        endpoints = ClusterLoadAssignment(cluster_name=name)
        endpoint = endpoints.endpoints.add().lb_endpoints.add().endpoint
        endpoint.address.CopyFrom(socket_address("127.0.0.1", self._ports.proxy))
        host = VirtualHost(name=f"{_ROUTES}/{name}", domains=[name])
        host.routes.append(plain_entry("default", name))
        self._put(ENDPOINT, endpoints, name)
        self._put(CLUSTER, cluster, name)
        needs = ((CLUSTER, name), (ENDPOINT, name))
        self._put(VIRTUAL_HOST, host, host.name, aliases=(host.name,), needs=needs)
        if at_once:
            self._wild[CLUSTER].append(name)
            self._wild[VIRTUAL_HOST].append(host.name)

    def _put(self, type_url: str, message: Any, name: str, **more: Any) -> None:
        body = message.SerializeToString(deterministic=True)
        self._rows[type_url, name] = frame_resource(type_url, name, "1", body, **more)

    # xds.session.Source and StreamView: one client, whom everything concerns

    def open(self, peer: Peer, node: Node, metadata: Mapping[str, str]) -> StreamView:
        """Whoever comes."""
        return self

    def get(self, type_url: str, name: str) -> Answer:
        """What there is."""
        return self._rows.get((type_url, name))

    def wildcard(self, type_url: str) -> Collection[str] | Undecided:
        """What is told without being asked for."""
        return self._wild.get(type_url, ())

    def used(self, type_url: str, names: tuple[str, ...]) -> None:
        """Nothing is done with what is used."""

    def acked(self, type_url: str, versions: Mapping[str, str]) -> None:
        """Nothing is done with what is acknowledged."""

    def rejected(self, type_url: str, name: str, version: str, message: str) -> None:
        """Raises RuntimeError: there would be nothing to measure."""
        raise RuntimeError(f"Envoy refuses {name}: {message}")

    def closed(self) -> None:
        """Nothing is held for a stream."""


@contextmanager
def _envoys(folder: Path, ports: Ports) -> Iterator[None]:
    plan = BootstrapPlan(
        "client", "client", f"{folder}/ads.sock", f"{folder}/client.sock", mark=None
    )
    client: Json = json.loads(bootstrap(plan))
    client["static_resources"]["listeners"] = []
    _, server = pair(folder, ports)
    with (
        running(folder, "answers", answers([ports.server])),
        running(folder, "server", server),
        running(folder, "client", client, ports.client),
    ):
        yield


async def _calls(port: int, hosts: list[str]) -> list[list[float]]:
    command = (sys.executable, "-I", "-c", CALLS, str(port), "/body.1k", "127.0.0.1", *hosts)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    printed, _ = await process.communicate()
    return list(json.loads(printed))
