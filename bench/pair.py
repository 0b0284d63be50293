"""Two sidecars' configurations without a mesh around them: what is compiled, on loopback, as JSON.

HTTP connection managers, routes, clusters and TLS contexts are the compiler's own for a port that
nobody configured; only where they listen and whom they call is said here, and secrets are inline.
Capture, and what is asked for on demand, are left out: they cost connections, not calls.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.core.v3.base_pb2 import TrafficDirection
from envoy.config.listener.v3.listener_components_pb2 import Filter
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from google.protobuf.json_format import MessageToDict

from gossamer.compile.clusters.policies.connection_pool import apply_connection_pool, apply_protocol
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import InboundView, OutboundView
from gossamer.compile.listeners.access_logs import http_logs
from gossamer.compile.listeners.filter_chains import chain, match_port
from gossamer.compile.listeners.http_connection import inline_http
from gossamer.compile.listeners.inspectors import add_tls_inspector
from gossamer.compile.protos import fill_tags, socket_address
from gossamer.compile.routes.entry import plain_entry
from gossamer.compile.side import Direction, Side
from gossamer.compile.tls.transport import from_mesh, offered_alpn, to_mesh
from gossamer.contract.cluster_names import ClusterName, inbound_name
from gossamer.envoy.bootstrap import BootstrapPlan, bootstrap
from gossamer.identity.authority import Authority
from gossamer.identity.plan import AttestedPod, pod_template
from gossamer.model.ids import EVERYWHERE
from gossamer.model.mesh import Mesh
from gossamer.model.tls_parameters import WITHIN_THE_MESH
from gossamer.model.traffic.service import Protocol
from gossamer.model.workload.pod import Discovery

Json = dict[str, Any]
HOST = "server.default.svc.cluster.local"
ACCOUNT = "spiffe://cluster.local/ns/default/sa/server"
NOTHING_KNOWN = TrackedLookup(Mesh())
CALLING = Side(Direction.OUTBOUND, OutboundView(EVERYWHERE, Discovery.ON_DEMAND))
_SERVER = InboundView("default", (), "server", (), (HOST,))
_SERVICE = {"host": HOST, "service": "server", "namespace": "default", "port": "8080"}
_ENDPOINT = {"workload": "server", "namespace": "default", "pod": "server-1"}


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the client's proxy, the server's proxy and the server listen."""

    client: int
    proxy: int
    server: int


def pair(folder: Path, ports: Ports, protocol: Protocol = Protocol.HTTP) -> tuple[Json, Json]:
    """The bootstraps of the client's and of the server's Envoy, as shipped."""
    name = str(ClusterName(8080, HOST))
    calling = _cluster(name, ports.proxy, protocol)
    alpn = offered_alpn(protocol, protocol.is_http2)
    calling.transport_socket.CopyFrom(to_mesh(WITHIN_THE_MESH, (ACCOUNT,), alpn, "server"))
    fill_tags(calling.metadata.filter_metadata["gossamer"], _SERVICE)
    outbound = listener("outbound", ports.client)
    outbound.filter_chains.append(chain("http", match_port(None), (_outbound(name),)))

    inbound = listener("inbound", ports.proxy)
    add_tls_inspector(inbound)
    side = Side(Direction.INBOUND, _SERVER, mesh_tls=True)
    http = inline_http(NOTHING_KNOWN, side, _arriving())
    socket = from_mesh(WITHIN_THE_MESH, ("cluster.local",))
    inbound.filter_chains.append(chain("mtls", match_port(None), (http,), socket))
    serving = _cluster(inbound_name(8080), ports.server, protocol)
    fill_tags(serving.metadata.filter_metadata["gossamer"], _SERVICE)

    authority = Authority.open(folder / "authority")
    return (
        _bootstrap(folder, "client", outbound, calling, authority),
        _bootstrap(folder, "server", inbound, serving, authority),
    )


def _outbound(cluster: str) -> Filter:
    routes = RouteConfiguration(name="8080")
    host = routes.virtual_hosts.add(name=f"8080/{HOST}", domains=["*"])
    host.routes.append(plain_entry("default", cluster))
    return inline_http(NOTHING_KNOWN, CALLING, routes)


def _arriving() -> RouteConfiguration:
    """As the inbound listener has it."""
    routes = RouteConfiguration(name=inbound_name(8080))
    route = routes.virtual_hosts.add(name=routes.name, domains=["*"]).routes.add(name="default")
    route.match.prefix = "/"
    route.decorator.operation = f"{HOST}:8080/*"
    route.route.cluster = routes.name
    route.route.timeout.SetInParent()
    route.route.retry_policy.retry_on = "reset-before-request"
    route.route.retry_policy.num_retries.value = 2
    return routes


def listener(name: str, port: int) -> Listener:
    """A listener on loopback, without filter chains yet."""
    made = Listener(name=name)
    made.address.CopyFrom(socket_address("127.0.0.1", port))
    made.traffic_direction = (
        TrafficDirection.OUTBOUND if name == "outbound" else TrafficDirection.INBOUND
    )
    return made


def _cluster(name: str, port: int, protocol: Protocol) -> Cluster:
    made = Cluster(name=name, type=Cluster.DiscoveryType.STATIC)
    apply_connection_pool(made, None)
    apply_protocol(made, protocol, None)
    made.load_assignment.cluster_name = name
    endpoint = made.load_assignment.endpoints.add().lb_endpoints.add()
    endpoint.endpoint.address.CopyFrom(socket_address("127.0.0.1", port))
    fill_tags(endpoint.metadata.filter_metadata["gossamer"], _ENDPOINT)
    return made


def _bootstrap(
    folder: Path, name: str, opens: Listener, cluster: Cluster, authority: Authority
) -> Json:
    plan = BootstrapPlan(name, name, f"{folder}/nobody.sock", f"{folder}/{name}.sock", mark=None)
    made: Json = json.loads(bootstrap(plan))
    del made["dynamic_resources"]["cds_config"], made["dynamic_resources"]["lds_config"]
    own = made["static_resources"]
    own["listeners"] = [_inline(_json(opens))]
    own["clusters"].append(_inline(_json(cluster)))
    own["secrets"] = list(secrets(name, authority))
    return made


def _json(message: Any) -> Json:
    return MessageToDict(message, preserving_proto_field_name=True)


def _inline(part: Any) -> Any:
    """The same with secrets and filters taken from the bootstrap instead of a stream."""
    if isinstance(part, dict) and "config_discovery" in part:
        return {"name": part["name"], "typed_config": _told(part["config_discovery"])}
    if isinstance(part, dict):
        return {key: _inline(value) for key, value in part.items() if key != "sds_config"}
    return [_inline(each) for each in part] if isinstance(part, list) else part


def _told(source: Json) -> Json:
    """What a discovered filter is told where no policy says anything: nothing."""
    return source.get("default_config") or {"@type": source["type_urls"][-1]}


def plaintext_logs() -> list[Json]:
    """The access logs of a server's proxy where callers come in plaintext."""
    logs = http_logs(NOTHING_KNOWN, Side(Direction.INBOUND, _SERVER))
    return [_json(each) for each in logs]


def managers(opens: Json) -> Iterator[Json]:
    """The HTTP connection managers of a listener."""
    for each in opens["filter_chains"]:
        yield each["filters"][-1]["typed_config"]


def secrets(name: str, authority: Authority) -> list[Json]:
    """A workload's own certificate and the roots, under the names that the compiler uses."""
    issued = authority.issue(pod_template(AttestedPod("default", f"{name}-1", name, "here")))
    chain_ = {"inline_string": issued.chain}
    own = {"certificate_chain": chain_, "private_key": {"inline_string": issued.key}}
    roots = {"trusted_ca": {"inline_string": issued.roots}}
    return [
        {"name": "default", "tls_certificate": own},
        {"name": "inbound-roots", "validation_context": roots},
    ]
