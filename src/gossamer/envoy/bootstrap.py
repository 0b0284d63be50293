"""A sidecar's or gateway's bootstrap: the little that Envoy knows before it asks.

Pure: a plan in, JSON bytes out, equal plans giving equal bytes. Everything else comes over one
delta ADS stream from the agent's Unix socket.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gossamer.contract.addresses import split_port
from gossamer.contract.cluster_names import OPEN_POLICY
from gossamer.contract.marks import OUTBOUND_MARK, SO_MARK, SOL_SOCKET
from gossamer.contract.ports import READINESS_PATH, READINESS_PORT
from gossamer.contract.type_urls import type_url
from gossamer.envoy.stats import stats_config

MOST_CONNECTIONS = 100_000
"""What a proxy takes at once from those inside the mesh."""

_HTTP_PROTOCOL = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
_HTTP = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"


@dataclass(frozen=True, slots=True)
class BootstrapPlan:
    """What distinguishes one proxy's bootstrap from another's.

    `locality` is `region/zone/subzone`; `readiness` the addresses its health is served on;
    `mark` None where the proxy runs outside any capture; `resolver` (`IP:PORT`) knows where
    hosts outside the mesh really are, empty where the system's own does; `connections` is how many
    it takes at once; `policy_socket` is where the host's open policy decides.
    """

    node_id: str
    node_cluster: str
    ads_socket: str
    admin_socket: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    locality: str = ""
    readiness: tuple[str, ...] = ("0.0.0.0",)
    mark: int | None = OUTBOUND_MARK
    resolver: str = ""
    connections: int = MOST_CONNECTIONS
    policy_socket: str = ""


def bootstrap(plan: BootstrapPlan) -> bytes:
    """The bootstrap as JSON (YAML would read an id such as `n` as false)."""
    ads: dict[str, Any] = {"ads": {}, "resource_api_version": "V3", "initial_fetch_timeout": "0s"}
    config = {
        "node": _node(plan),
        "admin": {"address": _pipe(plan.admin_socket, mode=0o600)},
        "dynamic_resources": {
            "ads_config": _ads_config(),
            # No time limit: a proxy without configuration is not ready, and must not say it is.
            "cds_config": ads,
            "lds_config": ads,
        },
        "cluster_manager": _cluster_manager(plan),
        "static_resources": {"clusters": list(_clusters(plan)), "listeners": [_readiness(plan)]},
        "overload_manager": _overload(plan.connections),
        "layered_runtime": _runtime(),
        **_resolver(plan),
        **stats_config(),
    }
    return json.dumps(config, indent=1, sort_keys=True).encode()


def _node(plan: BootstrapPlan) -> dict[str, Any]:
    parts = [part for part in plan.locality.split("/") if part]
    locality = dict(zip(("region", "zone", "sub_zone"), parts, strict=False))
    return {
        "id": plan.node_id,
        "cluster": plan.node_cluster,
        "metadata": dict(plan.metadata),
        "locality": locality,
    }


def _ads_config() -> dict[str, Any]:
    # The node once, because each acknowledgement would carry its 61 KB; a short back-off,
    # because the default waits up to 8 s after the agent restarts.
    back_off = {"base_interval": "0.1s", "max_interval": "0.5s"}
    service = {"cluster_name": "agent", "retry_policy": {"retry_back_off": back_off}}
    return {
        "api_type": "DELTA_GRPC",
        "transport_api_version": "V3",
        "set_node_on_first_message_only": True,
        "grpc_services": [{"envoy_grpc": service}],
    }


def _cluster_manager(plan: BootstrapPlan) -> dict[str, Any]:
    if plan.mark is None:
        return {}
    mark = {
        "description": "let the proxy's own packets through its pod's capture",
        "level": SOL_SOCKET,
        "name": SO_MARK,
        "int_value": plan.mark,
        "state": "STATE_PREBIND",
    }
    return {"upstream_bind_config": {"socket_options": [mark]}}


def _resolver(plan: BootstrapPlan) -> dict[str, Any]:
    """A host that has a virtual address in its pods must be called where it really is."""
    if not plan.resolver:
        return {}
    host, port = split_port(plan.resolver)
    address = {"socket_address": {"address": host, "port_value": port}}
    cares = _typed(
        "envoy.network.dns_resolver.cares",
        "envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig",
        resolvers=[address],
        dns_resolver_options={"no_default_search_domain": True},
    )
    return {"typed_dns_resolver_config": cares}


def _clusters(plan: BootstrapPlan) -> Iterator[dict[str, Any]]:
    """Processes of the host that speak gRPC on Unix sockets."""
    yield _beside("agent", plan.ads_socket)
    if plan.policy_socket:
        yield _beside(OPEN_POLICY, plan.policy_socket)


def _beside(name: str, socket: str) -> dict[str, Any]:
    endpoint = {"endpoint": {"address": _pipe(socket)}}
    http2 = {"@type": type_url(_HTTP_PROTOCOL)}
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
        "typed_extension_protocol_options": {
            _HTTP_PROTOCOL: http2 | {"explicit_http_config": {"http2_protocol_options": {}}}
        },
        # Nothing to mark: a Unix socket is not captured, and marking needs a capability.
        "upstream_bind_config": {},
    }


def _readiness(plan: BootstrapPlan) -> dict[str, Any]:
    """Answers 200 once Envoy serves (listeners open only then), 503 while it drains."""
    health = _typed(
        "envoy.filters.http.health_check",
        "envoy.extensions.filters.http.health_check.v3.HealthCheck",
        pass_through_mode=False,
        headers=[{"name": ":path", "string_match": {"exact": READINESS_PATH}}],
    )
    router = _typed("envoy.filters.http.router", "envoy.extensions.filters.http.router.v3.Router")
    nothing_else = {"match": {"prefix": "/"}, "direct_response": {"status": 404}}
    http = _typed(
        "envoy.filters.network.http_connection_manager",
        _HTTP,
        stat_prefix="readiness",
        codec_type="AUTO",
        http_filters=[health, router],
        route_config={
            "name": "readiness",
            "virtual_hosts": [{"name": "readiness", "domains": ["*"], "routes": [nothing_else]}],
        },
    )
    first, *more = (_port(address) for address in plan.readiness)
    return {
        "name": "readiness",
        "address": first,
        "additional_addresses": [{"address": address} for address in more],
        # Capture lets this port pass; an application must not be able to listen here as well.
        "enable_reuse_port": False,
        "filter_chains": [{"filters": [http]}],
        # Probes must be answered while everything else is refused for overload.
        "bypass_overload_manager": True,
        "ignore_global_conn_limit": True,
    }


def _overload(most: int) -> dict[str, Any]:
    """A proxy refuses connections before it takes its host down with it.

    When memory grows scarce it waits less for clients that are silent, down to seconds.
    """
    connections = _typed(
        "envoy.resource_monitors.global_downstream_max_connections",
        "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
        max_active_downstream_connections=most,
    )
    heap = _typed(
        "envoy.resource_monitors.fixed_heap",
        "envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig",
        max_heap_size_bytes=2 << 30,
    )
    return {
        "refresh_interval": "1s",
        "resource_monitors": [connections, heap],
        "actions": [
            _over("envoy.overload_actions.shrink_heap", 0.90),
            _over("envoy.overload_actions.stop_accepting_requests", 0.97),
            _impatient(),
        ],
    }


def _impatient() -> dict[str, Any]:
    timers = ("HTTP_DOWNSTREAM_CONNECTION_IDLE", "HTTP_DOWNSTREAM_STREAM_IDLE")
    heap = {
        "name": "envoy.resource_monitors.fixed_heap",
        "scaled": {"scaling_threshold": 0.80, "saturation_threshold": 0.95},
    }
    scaled = _typed(
        "envoy.overload_actions.reduce_timeouts",
        "envoy.config.overload.v3.ScaleTimersOverloadActionConfig",
        timer_scale_factors=[{"timer": timer, "min_timeout": "2s"} for timer in timers],
    )
    return {**scaled, "triggers": [heap]}


def _over(action: str, share: float) -> dict[str, Any]:
    heap = {"name": "envoy.resource_monitors.fixed_heap", "threshold": {"value": share}}
    return {"name": action, "triggers": [heap]}


def _runtime() -> dict[str, Any]:
    limits = {"re2": {"max_program_size": {"error_level": 32_768}}}
    return {
        "layers": [
            {"name": "gossamer", "static_layer": limits},
            {"name": "admin", "admin_layer": {}},
        ]
    }


def _port(address: str) -> dict[str, Any]:
    socket: dict[str, Any] = {"address": address, "port_value": READINESS_PORT}
    return {"socket_address": socket | ({"ipv4_compat": True} if address == "::" else {})}


def _pipe(path: str, mode: int | None = None) -> dict[str, Any]:
    pipe: dict[str, Any] = {"path": path}
    return {"pipe": pipe if mode is None else pipe | {"mode": mode}}


def _typed(name: str, message: str, **fields: Any) -> dict[str, Any]:
    config = {"@type": type_url(message), **fields}
    return {"name": name, "typed_config": config}
