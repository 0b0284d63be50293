"""Listeners and filters for `bench/ecds.py`: filters that say which configuration they have."""

from __future__ import annotations

from typing import Any

from envoy.config.core.v3.extension_pb2 import TypedExtensionConfig
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.extensions.filters.http.header_mutation.v3 import header_mutation_pb2
from envoy.extensions.filters.http.router.v3 import router_pb2
from envoy.extensions.filters.network.echo.v3 import echo_pb2
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2,
)
from envoy.extensions.filters.network.rbac.v3 import rbac_pb2
from google.protobuf.json_format import ParseDict

from gossamer.contract.type_urls import type_url

KNOWN = (header_mutation_pb2, router_pb2, echo_pb2, http_connection_manager_pb2, rbac_pb2)
"""Imported so that JSON can name their messages."""

HOST, HTTP, TCP = "127.9.9.9", 18080, 18081
_HTTP = "envoy.extensions.filters.http."
_NETWORK = "envoy.extensions.filters.network."
EXTENSION = type_url("envoy.config.core.v3.TypedExtensionConfig")
Json = dict[str, Any]


def typed(name: str, **body: Any) -> Json:
    """The JSON of an Any."""
    return {"@type": type_url(name), **body}


MUTATION = _HTTP + "header_mutation.v3.HeaderMutation"
RBAC = _NETWORK + "rbac.v3.RBAC"
MANAGER = _NETWORK + "http_connection_manager.v3.HttpConnectionManager"


def marks(value: str) -> Json:
    """An HTTP filter that says in `x-config` which configuration it has."""
    header = {"append": {"header": {"key": "x-config", "value": value}}}
    return typed(MUTATION, mutations={"response_mutations": [header]})


def admits(action: str) -> Json:
    """A network filter that lets everybody in (ALLOW) or nobody (DENY)."""
    anybody = {"permissions": [{"any": True}], "principals": [{"any": True}]}
    return typed(RBAC, stat_prefix="x", rules={"action": action, "policies": {"all": anybody}})


def extension(name: str, config: Json) -> TypedExtensionConfig:
    """The resource."""
    return ParseDict({"name": name, "typed_config": config}, TypedExtensionConfig())


def discovered(kind: str, **more: Any) -> Json:
    """`config_discovery` of a filter of that type."""
    source = {"ads": {}, "resource_api_version": "V3", "initial_fetch_timeout": "0s"}
    return {"config_source": source, "type_urls": [type_url(kind)], **more}


DEFAULT = {"default_config": marks("default"), "apply_default_config_without_warming": True}


def http_listener(filter_: Json, per_route: str = "", tag: str = "") -> Listener:
    """A listener that answers every request itself, behind that filter."""
    route: Json = {"match": {"prefix": "/"}, "direct_response": {"status": 200}}
    if per_route:
        own = {"@type": type_url(MUTATION + "PerRoute"), "mutations": marks(per_route)["mutations"]}
        route["typed_per_filter_config"] = {"marks": own}
    router = {"name": "router", "typed_config": typed(_HTTP + "router.v3.Router")}
    host = {"name": "all", "domains": ["*"], "routes": [route]}
    manager = typed(
        MANAGER,
        stat_prefix="x" + tag,
        http_filters=[{"name": "marks", **filter_}, router],
        route_config={"name": "all", "virtual_hosts": [host]},
    )
    return listener("http", HTTP, [{"name": "http", "typed_config": manager}])


def tcp_listener(filter_: Json) -> Listener:
    """A listener that says everything back, behind that filter."""
    echo = {"name": "echo", "typed_config": typed(_NETWORK + "echo.v3.Echo")}
    return listener("tcp", TCP, [{"name": "admits", **filter_}, echo])


def listener(name: str, port: int, filters: list[Json]) -> Listener:
    address = {"socket_address": {"address": HOST, "port_value": port}}
    chains = [{"name": "all", "filters": filters}]
    return ParseDict({"name": name, "address": address, "filter_chains": chains}, Listener())


BY_ECDS = {"config_discovery": discovered(MUTATION)}
TCP_BY_ECDS = {"config_discovery": discovered(RBAC)}
