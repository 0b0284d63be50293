"""Connections that are open, judged by the rules that Envoy's filter of connections has."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from typing import Any

import pytest
from envoy.config.rbac.v3 import rbac_pb2
from envoy.data.accesslog.v3.accesslog_pb2 import AccessLogType
from envoy.service.accesslog.v3.als_pb2 import StreamAccessLogsMessage

from gossamer.agent.relay.connections import watch
from gossamer.agent.relay.connections.connection import CarriedConnection
from gossamer.agent.relay.connections.entries import events_in
from gossamer.agent.relay.connections.sockets import shut
from gossamer.agent.relay.connections.verdict import refuses
from gossamer.agent.relay.connections.watch import OpenConnections
from gossamer.cli.offline.offline_mesh import offline_mesh
from gossamer.cli.reading import read_all
from gossamer.compile.engine.compiler import compile_resource
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import view_of
from gossamer.contract.extension_names import CONNECTION_RULES
from gossamer.store.paths import File
from tests.security.guarded import MESH, policy
from tests.waiting import settle

NAME = "spiffe://cluster.local/ns/shop/sa/web"
WEB = CarriedConnection("10.1.2.3", 40000, "10.244.0.2", 3306, (NAME, "web-1.shop"), "db.internal")
NOBODY = CarriedConnection("10.1.2.4", 40001, "10.244.0.2", 3306)


def body(*policies: str) -> bytes | None:
    """The resource of the filter's rules, as the plane compiles it."""
    read = read_all([File("mesh.yaml", (MESH + "".join(policies)).encode())])
    mesh, pods = offline_mesh(read)
    view = view_of(mesh, pods["default/web"], ResourceType.EXTENSION, CONNECTION_RULES)
    return compile_resource(mesh, view, ResourceType.EXTENSION, CONNECTION_RULES).body


def refused(one: CarriedConnection, *policies: str) -> bool:
    return refuses(*watch.both_rules(body(*policies)), one)


@pytest.mark.parametrize(
    ("rule", "matches"),
    [
        ("{}", True),
        ("{from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]}", True),
        ("{from: [{source: {principals: ['cluster.local/ns/shop*']}}]}", True),
        ("{from: [{source: {principals: ['*/sa/web']}}]}", True),
        ("{from: [{source: {principals: ['*/sa/api']}}]}", False),
        ("{from: [{source: {namespaces: [shop]}}]}", True),
        ("{from: [{source: {namespaces: [sho]}}]}", False),
        ("{from: [{source: {serviceAccounts: [shop/web]}}]}", True),
        ("{from: [{source: {notNamespaces: [shop]}}]}", False),
        ("{from: [{source: {ipBlocks: [10.1.0.0/16]}}]}", True),
        ("{from: [{source: {remoteIpBlocks: [10.2.0.0/16]}}]}", False),
        ("{to: [{operation: {ports: ['3306']}}]}", True),
        ("{to: [{operation: {ports: ['3307'], notPorts: ['1']}}]}", False),
        ("{when: [{key: connection.sni, values: ['*.internal']}]}", True),
        ("{when: [{key: destination.ip, values: [10.244.0.0/16]}]}", True),
        ("{to: [{operation: {methods: [GET]}}]}", True),
    ],
)
def test_a_rule_that_refuses(rule: str, matches: bool) -> None:
    """As Envoy has it; what only requests have is left out of a rule that refuses."""
    assert refused(WEB, policy(f"[{rule}]")) is matches


def test_who_is_not_let_in_is_refused() -> None:
    """Nobody's connection is none of an account's; a rule about requests lets no bytes in."""
    only_shop = policy("[{from: [{source: {namespaces: [shop]}}]}]", "ALLOW")
    assert not refused(WEB, only_shop)
    assert refused(NOBODY, only_shop)
    assert refused(WEB, policy("[{to: [{operation: {methods: [GET]}}]}]", "ALLOW"))
    assert not refused(NOBODY)


def test_what_cannot_be_judged_counts_as_refused() -> None:
    """The connection comes again, and Envoy decides."""
    metadata = '[{when: [{key: "experimental.envoy.filters.network.x[a]", values: [b]}]}]'
    assert refused(WEB, policy(metadata))
    assert not refuses(rbac_pb2.RBAC(), None, WEB)


def message(one: CarriedConnection, kind: AccessLogType.ValueType) -> bytes:
    """What Envoy tells of a connection."""
    log = StreamAccessLogsMessage()
    common = log.tcp_logs.log_entry.add().common_properties
    common.access_log_type = kind
    far, near = common.downstream_direct_remote_address, common.downstream_local_address
    far.socket_address.address, far.socket_address.port_value = one.caller, one.port
    near.socket_address.address, near.socket_address.port_value = one.called, one.called_port
    common.tls_properties.tls_sni_hostname = one.server_name
    for name in one.names:
        common.tls_properties.peer_certificate_properties.subject_alt_name.add(uri=name)
    return log.SerializeToString()


def test_what_envoy_tells_of_a_connection() -> None:
    """Both ends, who calls, and whether it is over."""
    (begun,) = events_in(message(WEB, AccessLogType.TcpUpstreamConnected))
    (over,) = events_in(message(WEB, AccessLogType.TcpConnectionEnd))
    assert (begun.connection, begun.ended, over.ended) == (WEB, False, True)


async def test_a_change_closes_those_that_it_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """And no others; a connection that has ended is forgotten, a new one is judged at once."""
    closed: list[Any] = []
    rules: list[bytes | None] = [body()]

    async def pid_of() -> int:
        return 1

    async def done() -> None:
        while asyncio.all_tasks() - {asyncio.current_task()}:
            await settle()

    def close(pid: int, callers: list[Any]) -> int:
        closed.extend(callers)
        return len(callers)

    monkeypatch.setattr(watch, "shut", close)
    connections = OpenConnections("default/web", pid_of, lambda: rules[0])
    ended = CarriedConnection("10.1.2.5", 1, "10.244.0.2", 3306)
    for one in (WEB, NOBODY, ended):
        connections.heard(message(one, AccessLogType.TcpUpstreamConnected))
    connections.heard(message(ended, AccessLogType.TcpConnectionEnd))
    rules[0] = body(policy("[{from: [{source: {namespaces: [shop]}}]}]", "ALLOW"))
    connections.changed()
    await done()
    assert closed == [("10.1.2.4", 40001)]
    connections.heard(message(ended, AccessLogType.TcpUpstreamConnected))
    await done()
    assert closed[1:] == [("10.1.2.5", 1)]


SERVER = """
import json, socket
server = socket.create_server(("127.0.0.1", 0))
print(json.dumps(server.getsockname()), flush=True)
kept = [server.accept()[0], server.accept()[0]]
print("both", flush=True)
while data := kept[1].recv(10):
    kept[1].sendall(data)
"""


def test_one_connection_of_a_process_is_ended() -> None:
    """Its far end reads the end at once; the process's other connection goes on."""
    argv = [sys.executable, "-c", SERVER]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        address = tuple(json.loads(server.stdout.readline()))
        with socket.create_connection(address) as one, socket.create_connection(address) as other:
            assert server.stdout.readline() == "both\n"
            one.settimeout(10)
            other.settimeout(10)
            assert shut(server.pid, [one.getsockname()]) == 1
            assert one.recv(10) == b""
            other.sendall(b"hello")
            assert other.recv(10) == b"hello"
            assert shut(server.pid, [("127.0.0.9", 9), ("::1", 9)]) == 0
