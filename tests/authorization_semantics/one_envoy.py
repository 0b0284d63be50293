"""One real Envoy for many cases: each has a listener for requests and one for bytes.

Certificates are of an authority of ours. The address dialled and the caller's remote address come
by a PROXY line, the direct one is the source address that the client binds. A token's claims come
in a header, as the metadata that the filter of tokens leaves.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from envoy.config.bootstrap.v3.bootstrap_pb2 import Bootstrap
from envoy.config.core.v3.extension_pb2 import TypedExtensionConfig
from envoy.config.listener.v3.listener_components_pb2 import FilterChain
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.extensions.filters.http.header_to_metadata.v3.header_to_metadata_pb2 import Config
from envoy.extensions.filters.http.router.v3.router_pb2 import Router
from envoy.extensions.filters.listener.proxy_protocol.v3.proxy_protocol_pb2 import ProxyProtocol
from envoy.extensions.filters.listener.tls_inspector.v3.tls_inspector_pb2 import TlsInspector
from envoy.extensions.filters.network.echo.v3.echo_pb2 import Echo
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2,
)
from envoy.extensions.transport_sockets.tls.v3.tls_pb2 import DownstreamTlsContext

from gossamer.compile.protos import packed, socket_address
from gossamer.contract.extension_names import Layer
from gossamer.envoy.binary import envoy_path
from gossamer.envoy.process import ENVIRONMENT
from tests.authorization_semantics.authority import Authority
from tests.authorization_semantics.compiled import filters_of, mesh_of
from tests.authorization_semantics.drawn_cases import Case
from tests.waiting import beat

HttpConnectionManager = http_connection_manager_pb2.HttpConnectionManager
Configs = Sequence[TypedExtensionConfig]
TOKEN_HEADER = "x-token"
FIRST_PORT = 20_000


def port_of(number: int, http: bool) -> int:
    """Where a case's listener is."""
    return FIRST_PORT + 2 * number + (0 if http else 1)


@asynccontextmanager
async def serving(
    folder: Path, address: str, cases: Sequence[Case], authority: Authority
) -> AsyncIterator[None]:
    """An Envoy at this address with the listeners of all cases."""
    bootstrap = Bootstrap()
    bootstrap.node.id = bootstrap.node.cluster = "cases"
    for number, case in enumerate(cases):
        bootstrap.static_resources.listeners.extend(_listeners(address, number, case, authority))
    (folder / "bootstrap.pb").write_bytes(bootstrap.SerializeToString())
    command = [envoy_path(), "-c", str(folder / "bootstrap.pb"), "--use-dynamic-base-id"]
    command += ["--concurrency", "2", "--log-level", "error"]
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *map(str, command), env=ENVIRONMENT, stdout=log, stderr=log
        )
    try:
        await _listening(address, port_of(len(cases) - 1, False), process, folder / "log")
        yield
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _listening(
    address: str, port: int, process: asyncio.subprocess.Process, log: Path
) -> None:
    async with asyncio.timeout(60):
        while True:
            assert process.returncode is None, log.read_text()
            try:
                _, writer = await asyncio.open_connection(address, port)
            except ConnectionRefusedError:
                await beat()
                continue
            writer.close()
            return


def _listeners(address: str, number: int, case: Case, authority: Authority) -> list[Listener]:
    mesh, pod = mesh_of(case.policies)
    requests = _requests(filters_of(mesh, pod, Layer.HTTP))
    on_bytes = filters_of(mesh, pod, Layer.TCP)
    made = []
    for http in (True, False):
        listener = Listener(name=f"{number}-{http}")
        listener.address.CopyFrom(socket_address(address, port_of(number, http)))
        for name, message in (("proxy", ProxyProtocol()), ("tls", TlsInspector())):
            listener.listener_filters.add(name=name, typed_config=packed(message))
        for secured in (True, False):
            chain = listener.filter_chains.add()
            chain.filter_chain_match.transport_protocol = "tls" if secured else "raw_buffer"
            if secured:
                chain.transport_socket.name = "envoy.transport_sockets.tls"
                chain.transport_socket.typed_config.CopyFrom(packed(_tls(authority)))
            _carry(chain, requests if http else None, on_bytes)
        made.append(listener)
    return made


def _carry(chain: FilterChain, requests: HttpConnectionManager | None, on_bytes: Configs) -> None:
    if requests is not None:
        chain.filters.add(name="http", typed_config=packed(requests))
        return
    for config in on_bytes:
        chain.filters.add(name=config.name, typed_config=config.typed_config)
    chain.filters.add(name="echo", typed_config=packed(Echo()))


def _requests(configs: Configs) -> HttpConnectionManager:
    manager = HttpConnectionManager(stat_prefix="case")
    manager.use_remote_address.value = False
    manager.skip_xff_append = True
    host = manager.route_config.virtual_hosts.add(name="all", domains=["*"])
    route = host.routes.add()
    route.match.prefix = "/"
    route.direct_response.status = 200
    manager.http_filters.add(name="token", typed_config=packed(_token()))
    for config in configs:
        manager.http_filters.add(name=config.name, typed_config=config.typed_config)
    manager.http_filters.add(name="router", typed_config=packed(Router()))
    return manager


def _token() -> Config:
    config = Config()
    rule = config.request_rules.add(header=TOKEN_HEADER, remove=True)
    rule.on_header_present.metadata_namespace = "envoy.filters.http.jwt_authn"
    rule.on_header_present.key = "payload"
    rule.on_header_present.type = Config.PROTOBUF_VALUE
    rule.on_header_present.encode = Config.BASE64
    return config


def _tls(authority: Authority) -> DownstreamTlsContext:
    context = DownstreamTlsContext()
    context.require_client_certificate.value = True
    common = context.common_tls_context
    pair = common.tls_certificates.add()
    pair.certificate_chain.inline_bytes, pair.private_key.inline_bytes = authority.server
    common.validation_context.trusted_ca.inline_bytes = authority.root
    return context
