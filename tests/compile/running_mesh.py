"""Real Envoys fed by the compiler over delta ADS, on loopback and without capture.

What capture would do is imitated: the caller says in a PROXY header which address it dialled
(instead of SO_ORIGINAL_DST), and a pod's proxy listens on the pod's own ports. All else is what
the compiler made.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.extensions.filters.listener.proxy_protocol.v3.proxy_protocol_pb2 import ProxyProtocol
from envoy.extensions.transport_sockets.tls.v3.secret_pb2 import Secret
from envoy.service.discovery.v3 import discovery_pb2

from gossamer.compile.engine.compiler import BUILDERS
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import view_of
from gossamer.compile.engine.wildcard_names import wildcard_names
from gossamer.compile.protos import packed, socket_address
from gossamer.envoy.admin import Admin, AdminSilent
from gossamer.envoy.binary import envoy_path
from gossamer.envoy.bootstrap import BootstrapPlan, bootstrap
from gossamer.envoy.process import ENVIRONMENT, ProcessPlan, argv
from gossamer.identity.authority import Authority
from gossamer.identity.plan import AttestedPod, pod_template
from gossamer.model.mesh import Mesh
from gossamer.model.workload.pod import Pod
from tests.waiting import until

_COUNT = itertools.count()
_WILDCARD = (ResourceType.CLUSTER, ResourceType.LISTENER, ResourceType.VIRTUAL_HOST)


def an_address() -> str:
    """A loopback address that no other test uses."""
    number = next(_COUNT)
    return f"127.{20 + number % 200}.{os.getpid() // 250 % 250}.{os.getpid() % 250 + 1}"


@dataclass(slots=True)
class Plane:
    """A mesh served to one proxy. `app` is where the pod's application really listens."""

    mesh: Mesh
    pod: Pod
    authority: Authority
    bind: str
    app: str = ""
    refused: list[str] = field(default_factory=list)
    known: dict[str, set[str]] = field(default_factory=dict)

    async def serve(self, requests: AsyncIterator[bytes], _: Any) -> Any:
        """Answer what is asked, and what stands unasked on a type's first request."""
        async for raw in requests:
            request = discovery_pb2.DeltaDiscoveryRequest.FromString(raw)
            if request.HasField("error_detail"):
                self.refused.append(request.error_detail.message)
            names = list(request.resource_names_subscribe)
            kind = ResourceType(request.type_url)
            if not request.response_nonce and not names and kind in _WILDCARD:
                names = list(wildcard_names(self.mesh, self.pod, kind).names)
            elif not names:
                continue
            for answer in self._answers(kind, names):
                yield answer.SerializeToString()

    def _answers(self, kind: ResourceType, names: list[str]) -> list[Any]:
        answer = discovery_pb2.DeltaDiscoveryResponse(type_url=kind.value, nonce="1")
        for name in names:
            proto = self._own(name) if (kind, name) == (ResourceType.SECRET, "default") else None
            proto = proto or self.build(kind, name)
            if proto is None:
                answer.removed_resources.append(name)
                continue
            entry = answer.resources.add(name=name, version="1")
            entry.resource.CopyFrom(packed(proto))
            if kind is ResourceType.VIRTUAL_HOST:
                entry.aliases.append(name)
        return [answer]

    def build(self, kind: ResourceType, name: str) -> Any:
        """The resource of that name for this pod, with capture imitated."""
        view = view_of(self.mesh, self.pod, kind, name)
        proto = BUILDERS[kind](TrackedLookup(self.mesh), view, name)
        if isinstance(proto, Listener):
            self._uncaptured(proto)
        elif isinstance(proto, Cluster) and name.startswith("inbound"):
            self._to_app(proto)
        return proto

    def _uncaptured(self, listener_proto: Listener) -> None:
        if listener_proto.HasField("bind_to_port"):
            return  # it is handed connections by the address that was dialled
        port = listener_proto.address.socket_address.port_value
        ports = sorted(
            {c.filter_chain_match.destination_port.value for c in listener_proto.filter_chains}
        )
        doors = [
            each for each in listener_proto.additional_addresses if each.address.HasField("pipe")
        ]
        listener_proto.ClearField("additional_addresses")
        listener_proto.additional_addresses.extend(doors)
        listener_proto.address.CopyFrom(socket_address(self.bind, port))
        if listener_proto.name == "outbound":
            listener_proto.listener_filters[0].name = "envoy.filters.listener.proxy_protocol"
            listener_proto.listener_filters[0].typed_config.CopyFrom(packed(ProxyProtocol()))
        elif listener_proto.name == "inbound":
            for other in {*ports, 7777} - {0, port}:
                more = listener_proto.additional_addresses.add()
                more.address.CopyFrom(socket_address(self.bind, other))

    def _to_app(self, cluster_proto: Cluster) -> None:
        port = int(cluster_proto.name.split("|")[1]) if "|" in cluster_proto.name else 7777
        cluster_proto.type = Cluster.DiscoveryType.STATIC
        cluster_proto.lb_policy = Cluster.LbPolicy.ROUND_ROBIN
        cluster_proto.ClearField("upstream_bind_config")
        cluster_proto.load_assignment.cluster_name = cluster_proto.name
        host = cluster_proto.load_assignment.endpoints.add().lb_endpoints.add()
        host.endpoint.address.CopyFrom(socket_address(self.app, port))

    def _own(self, name: str) -> Secret:
        pod = self.pod
        attested = AttestedPod(pod.namespace, pod.name, pod.service_account, "here")
        issued = self.authority.issue(pod_template(attested))
        secret = Secret(name=name)
        secret.tls_certificate.certificate_chain.inline_string = issued.chain
        secret.tls_certificate.private_key.inline_string = issued.key
        return secret


@dataclass(frozen=True, slots=True)
class Running:
    """One live Envoy, and the plane that feeds it."""

    admin: Admin
    plane: Plane
    log: Path


Start = Callable[[Plane], Awaitable[Running]]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """A certificate authority of the test's own."""
    return Authority.open(tmp_path / "ca")


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Start Envoys, each for one plane; they end with the test."""
    servers: list[Any] = []
    processes: list[asyncio.subprocess.Process] = []

    async def run(plane: Plane) -> Running:
        folder = tmp_path / str(len(servers))  # short: sockets stand in it
        folder.mkdir()
        server = grpc.aio.server()
        servers.append(server)
        method = grpc.stream_stream_rpc_method_handler(plane.serve)
        service = "envoy.service.discovery.v3.AggregatedDiscoveryService"
        handler = grpc.method_handlers_generic_handler(
            service, {"DeltaAggregatedResources": method}
        )
        server.add_generic_rpc_handlers((handler,))
        server.add_insecure_port(f"unix:{folder}/ads.sock")
        await server.start()
        processes.append(await _envoy(folder, plane))
        admin = Admin(folder / "admin.sock")
        await until(lambda: _live(admin))
        return Running(admin, plane, folder / "log")

    yield run
    for process in processes:
        if process.returncode is None:
            process.kill()
        await process.wait()
    for server in servers:
        await server.stop(None)


async def _envoy(folder: Path, plane: Plane) -> asyncio.subprocess.Process:
    plan = BootstrapPlan(
        node_id=f"{plane.pod.name}.{plane.pod.namespace}",
        node_cluster=f"{plane.pod.workload}.{plane.pod.namespace}",
        ads_socket=f"{folder}/ads.sock",
        admin_socket=f"{folder}/admin.sock",
        readiness=(plane.bind,),
        mark=None,
    )
    (folder / "bootstrap.json").write_bytes(bootstrap(plan))
    command = argv(ProcessPlan(envoy_path(), folder / "bootstrap.json"))
    with (folder / "log").open("wb") as log:
        return await asyncio.create_subprocess_exec(
            *command, env=ENVIRONMENT, stdout=log, stderr=log
        )


async def _live(admin: Admin) -> bool:
    try:
        return await admin.state() == "LIVE"
    except AdminSilent:
        return False
