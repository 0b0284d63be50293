"""A real Envoy with a tiny ADS server, for tests of what Envoy itself does."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from envoy.config.cluster.v3 import cluster_pb2
from envoy.config.listener.v3 import listener_pb2
from envoy.config.route.v3 import route_components_pb2, route_pb2
from envoy.extensions.filters.http.router.v3 import router_pb2
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2,
)
from envoy.service.discovery.v3 import discovery_pb2
from google.protobuf.json_format import ParseDict

from gossamer.envoy.admin import Admin, AdminSilent
from gossamer.envoy.binary import envoy_path
from gossamer.envoy.bootstrap import BootstrapPlan, bootstrap
from gossamer.envoy.process import ENVIRONMENT, ProcessPlan, argv
from tests.waiting import until

_KNOWN = (
    cluster_pb2,
    listener_pb2,
    router_pb2,
    http_connection_manager_pb2,
    route_pb2,
    route_components_pb2,
)
"""Imported so that JSON can name their messages."""

Resources = dict[str, dict[str, Any]]
"""From type URL to named resources as JSON."""


@dataclass(frozen=True, slots=True)
class Running:
    """One live Envoy: its admin, the address its readiness is on, its process."""

    admin: Admin
    readiness: str
    process: asyncio.subprocess.Process


def _answer(request: discovery_pb2.DeltaDiscoveryRequest, held: Resources) -> bytes:
    answer = discovery_pb2.DeltaDiscoveryResponse(type_url=request.type_url, nonce="1")
    for name, body in held.get(request.type_url, {}).items():
        resource = answer.resources.add(name=name, version="1")
        ParseDict({"@type": request.type_url, **body}, resource.resource)
    return answer.SerializeToString()


def _ads(held: Resources) -> grpc.GenericRpcHandler:
    async def serve(requests: AsyncIterator[bytes], _: grpc.aio.ServicerContext) -> Any:
        async for raw in requests:
            request = discovery_pb2.DeltaDiscoveryRequest.FromString(raw)
            if not request.response_nonce:
                yield _answer(request, held)

    return grpc.method_handlers_generic_handler(
        "envoy.service.discovery.v3.AggregatedDiscoveryService",
        {"DeltaAggregatedResources": grpc.stream_stream_rpc_method_handler(serve)},
    )


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Callable[[Resources], Awaitable[Running]]]:
    """Start one Envoy whose configuration is given; it ends with the test."""
    server = grpc.aio.server()
    processes: list[asyncio.subprocess.Process] = []

    async def run(held: Resources) -> Running:
        server.add_generic_rpc_handlers((_ads(held),))
        server.add_insecure_port(f"unix:{tmp_path}/ads.sock")
        await server.start()
        # Tests run side by side, so each takes a loopback address of its own.
        readiness = f"127.7.{os.getpid() // 250 % 250}.{os.getpid() % 250 + 1}"
        plan = replace(plan_in(tmp_path), readiness=(readiness,), mark=None)
        (tmp_path / "bootstrap.json").write_bytes(bootstrap(plan))
        command = argv(ProcessPlan(envoy_path(), tmp_path / "bootstrap.json"))
        processes.append(await asyncio.create_subprocess_exec(*command, env=ENVIRONMENT))
        admin = Admin(tmp_path / "admin.sock")
        await until(lambda: _live(admin))
        return Running(admin, readiness, processes[0])

    yield run
    for process in processes:
        if process.returncode is None:
            process.kill()
        await process.wait()
    await server.stop(None)


def plan_in(folder: Path) -> BootstrapPlan:
    """A plan whose sockets are in `folder`."""
    return BootstrapPlan(
        node_id="web-1.shop",
        node_cluster="web.shop",
        ads_socket=f"{folder}/ads.sock",
        admin_socket=f"{folder}/admin.sock",
    )


async def _live(admin: Admin) -> bool:
    try:
        return await admin.state() == "LIVE"
    except AdminSilent:
        return False
