"""The edge: two Envoys that carry traffic in and out of the lab's world over Unix sockets.

The outer one lives on the host: it listens at 127.0.0.1 for each forwarded port, and it opens the
connections that pods make to the outside. The inner one lives in the world's own network: it
hands what comes in to ready pods, and takes what goes out. Between them, and before each
gateway, stand Unix sockets, which belong to files and not to a network namespace: no pod can come
to one. So a PROXY header there says truly who the client is. What is for a Service without a
gateway goes to the addresses of its pods, as a load balancer outside the mesh sends it: their
proxies take or refuse it by their own policy. UDP (other than DNS) is not carried.

Both read listeners and clusters from files that are replaced atomically, so a new gateway or
endpoint needs no restart. This module only makes the files' text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from gossamer.contract.addresses import split_port
from gossamer.contract.ports import EGRESS_PORT
from gossamer.contract.type_urls import CLUSTER, ENDPOINT, LISTENER, type_url
from gossamer.lab.world.egress import MESH_NETWORKS

_V3 = "envoy.extensions"
_PROXY_PROTOCOL = f"{_V3}.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport"
_SOCKET_MODE = 0o600


class EdgeSide(StrEnum):
    """Which of the two Envoys."""

    OUTER = "outer"
    INNER = "inner"


@dataclass(frozen=True, slots=True)
class PortForward:
    """One port of the host, and what of the ready pods it leads to.

    `number` names the socket between the two sides and never changes while the port is forwarded.
    `endpoints` are the sockets of gateways (paths), who are told in a PROXY header who the client
    is, or addresses of pods (`IP:PORT`), who are not.
    """

    number: int
    name: str
    host_port: int
    endpoints: tuple[str, ...] = ()
    to_gateway: bool = True

    @property
    def cluster(self) -> str:
        return f"in-{self.number}"


def bootstrap(side: EdgeSide, folder: Path) -> dict[str, Any]:
    """What one side starts from: files for all else, and an admin socket for its owner only."""
    return {
        "node": {"id": f"edge-{side}", "cluster": "edge"},
        "admin": {"address": _pipe(folder / f"{side}-admin.sock")},
        "dynamic_resources": {
            "lds_config": _watched(listeners_file(side, folder)),
            "cds_config": _watched(clusters_file(side, folder)),
        },
    }


def listeners_file(side: EdgeSide, folder: Path) -> Path:
    return folder / f"{side}-listeners.json"


def clusters_file(side: EdgeSide, folder: Path) -> Path:
    return folder / f"{side}-clusters.json"


def files(folder: Path, port_forwards: Iterable[PortForward]) -> dict[Path, str]:
    """The text of every file that the two sides watch, clusters and endpoints first."""
    port_forwards = tuple(port_forwards)
    texts = {
        _endpoints_file(folder, forward): _response([_endpoints(forward)], ENDPOINT)
        for forward in port_forwards
    }
    for side in EdgeSide:
        clusters = _CLUSTERS[side](folder, port_forwards)
        texts[clusters_file(side, folder)] = _response(clusters, CLUSTER)
    for side in EdgeSide:
        listeners = _LISTENERS[side](folder, port_forwards)
        texts[listeners_file(side, folder)] = _response(listeners, LISTENER)
    return texts


def _response(resources: list[dict[str, Any]], kind: str) -> str:
    """A DiscoveryResponse whose version is the hash of what it holds."""
    typed = [{"@type": kind, **resource} for resource in resources]
    text = json.dumps(typed, sort_keys=True)
    version = hashlib.sha256(text.encode()).hexdigest()[:16]
    return json.dumps({"version_info": version, "type_url": kind, "resources": typed}, indent=1)


def _watched(path: Path) -> dict[str, Any]:
    return {
        "path_config_source": {
            "path": str(path),
            "watched_directory": {"path": str(path.parent)},
        },
        "resource_api_version": "V3",
    }


def _pipe(path: Path) -> dict[str, Any]:
    return {"pipe": {"path": str(path), "mode": _SOCKET_MODE}}


def _socket(address: str, port: int, **more: Any) -> dict[str, Any]:
    return {"socket_address": {"address": address, "port_value": port, **more}}


def _in_socket(folder: Path, forward: PortForward) -> Path:
    return folder / f"in-{forward.number}.sock"


def _out_socket(folder: Path) -> Path:
    return folder / "out.sock"


def _endpoints_file(folder: Path, forward: PortForward) -> Path:
    return folder / f"eds-{forward.number}.json"


def _endpoints(forward: PortForward) -> dict[str, Any]:
    address = _gateway_socket if forward.to_gateway else _pod_address
    return _assignment(forward.cluster, [address(each) for each in forward.endpoints])


def _gateway_socket(endpoint: str) -> dict[str, Any]:
    return _pipe_to(Path(endpoint))


def _pod_address(endpoint: str) -> dict[str, Any]:
    return _socket(*split_port(endpoint))


def _assignment(cluster: str, addresses: list[dict[str, Any]]) -> dict[str, Any]:
    endpoints = [{"endpoint": {"address": address}} for address in addresses]
    return {"cluster_name": cluster, "endpoints": [{"lb_endpoints": endpoints}]}


def _outer_listeners(folder: Path, port_forwards: tuple[PortForward, ...]) -> list[dict[str, Any]]:
    inward = [
        _listener(forward.cluster, _socket("127.0.0.1", forward.host_port), forward.cluster)
        for forward in port_forwards
    ]
    outward = _listener("out", _pipe(_out_socket(folder)), "outside", "proxy_protocol")
    return [*inward, _but_not_inside(outward)]


def _inner_listeners(folder: Path, port_forwards: tuple[PortForward, ...]) -> list[dict[str, Any]]:
    inward = [
        _listener(forward.cluster, _pipe(_in_socket(folder, forward)), forward.cluster)
        for forward in port_forwards
    ]
    everywhere = _socket("::", EGRESS_PORT, ipv4_compat=True)
    outward = _listener("egress", everywhere, "out", "original_dst")
    return [*inward, _but_not_inside(outward)]


def _but_not_inside(listener: dict[str, Any]) -> dict[str, Any]:
    """Close what is meant for an address of the lab's own: on the host another bears it.

    Pods can dial the way out itself. Taken at its word it would come out on the host's network.
    """
    ranges = [
        {"address_prefix": str(network.network_address), "prefix_len": network.prefixlen}
        for network in (*MESH_NETWORKS, *_NO_ADDRESS)
    ]
    closed = {
        "name": "inside",
        "filter_chain_match": {"prefix_ranges": ranges},
        "filters": [{"name": "envoy.filters.network.direct_response", "typed_config": _NOTHING}],
    }
    return {**listener, "filter_chains": [closed, *listener["filter_chains"]]}


_NO_ADDRESS = (ip_network("0.0.0.0/8"), ip_network("::/128"))
_NOTHING = {"@type": type_url(f"{_V3}.filters.network.direct_response.v3.Config")}


_FILTERS: Mapping[str, dict[str, Any]] = {
    "proxy_protocol": {
        "@type": type_url(f"{_V3}.filters.listener.proxy_protocol.v3.ProxyProtocol"),
    },
    "original_dst": {
        "@type": type_url(f"{_V3}.filters.listener.original_dst.v3.OriginalDst"),
    },
}


def _listener(
    name: str, address: dict[str, Any], cluster: str, *listener_filters: str
) -> dict[str, Any]:
    proxy = {
        "@type": type_url(f"{_V3}.filters.network.tcp_proxy.v3.TcpProxy"),
        "stat_prefix": name,
        "cluster": cluster,
    }
    return {
        "name": name,
        "address": address,
        "listener_filters": [
            {"name": f"envoy.filters.listener.{each}", "typed_config": _FILTERS[each]}
            for each in listener_filters
        ],
        "filter_chains": [
            {"filters": [{"name": "envoy.filters.network.tcp_proxy", "typed_config": proxy}]}
        ],
    }


def _outer_clusters(folder: Path, port_forwards: tuple[PortForward, ...]) -> list[dict[str, Any]]:
    inward = [_inward(folder, forward) for forward in port_forwards]
    outside = {
        "name": "outside",
        "type": "ORIGINAL_DST",
        "lb_policy": "CLUSTER_PROVIDED",
        "connect_timeout": "10s",
        **_MANY,
    }
    return [*inward, outside]


def _inward(folder: Path, forward: PortForward) -> dict[str, Any]:
    cluster = _announced if forward.to_gateway else _unannounced
    return cluster(forward.cluster, _pipe_to(_in_socket(folder, forward)))


def _inner_clusters(folder: Path, port_forwards: tuple[PortForward, ...]) -> list[dict[str, Any]]:
    inward = [
        {
            "name": forward.cluster,
            "type": "EDS",
            "connect_timeout": "5s",
            "eds_cluster_config": {"eds_config": _watched(_endpoints_file(folder, forward))},
            **_MANY,
        }
        for forward in port_forwards
    ]
    return [*inward, _announced("out", _pipe_to(_out_socket(folder)))]


def _pipe_to(path: Path) -> dict[str, Any]:
    return {"pipe": {"path": str(path)}}


def _announced(name: str, address: dict[str, Any]) -> dict[str, Any]:
    """A cluster of one address, which is told in a PROXY header who calls, and whom."""
    raw = {"@type": type_url(f"{_V3}.transport_sockets.raw_buffer.v3.RawBuffer")}
    wrapped = {
        "@type": type_url(_PROXY_PROTOCOL),
        "config": {"version": "V2"},
        "transport_socket": {"name": "envoy.transport_sockets.raw_buffer", "typed_config": raw},
    }
    transport = {
        "name": "envoy.transport_sockets.upstream_proxy_protocol",
        "typed_config": wrapped,
    }
    return {**_unannounced(name, address), "transport_socket": transport}


def _unannounced(name: str, address: dict[str, Any]) -> dict[str, Any]:
    """A cluster of one address, which gets the caller's bytes and nothing else."""
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "5s",
        "load_assignment": _assignment(name, [address]),
        **_MANY,
    }


_MANY: Mapping[str, Any] = {
    "circuit_breakers": {
        "thresholds": [{"max_connections": 50_000, "max_pending_requests": 50_000}]
    }
}
"""Gateways set their own limits; the edge's default of 1024 would come before them."""


_LISTENERS = {EdgeSide.OUTER: _outer_listeners, EdgeSide.INNER: _inner_listeners}
_CLUSTERS = {EdgeSide.OUTER: _outer_clusters, EdgeSide.INNER: _inner_clusters}

PREFERRED: Mapping[int, int] = {80: 8080, 8080: 8080, 443: 8443, 8443: 8443}


def preferred_ports(port: int) -> tuple[int, ...]:
    """Host ports to try for a port of a lab, best first; after them any free one will do."""
    first = PREFERRED.get(port, port)
    start = first if first >= 1024 else first + 8000
    return tuple(port for port in range(start, start + 100) if port <= 65535)
