"""A pair of sidecars with the HTTP filter chain that Istio gives its own, on the same Envoy.

What an Istio sidecar of 1.2x has for a port that nobody configured, as its config dump shows:
CORS, fault and gRPC statistics filters beside the router, an HTTP inspector before the inbound
chain, one retry policy for all methods, the router's own statistics and headers. Left out is what
Istio builds into its Envoy and ours lacks: metadata exchange, its ALPN filter, and its telemetry.
So this pair counts nothing per edge, which ours does; certificates and TLS are the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.pair import Json, managers

_FILTERS = "type.googleapis.com/envoy.extensions.filters"
_HTTP_FILTERS: tuple[tuple[str, str, Json], ...] = (
    ("grpc_stats", "grpc_stats.v3.FilterConfig", {"emit_filter_state": True}),
    ("fault", "fault.v3.HTTPFault", {}),
    ("cors", "cors.v3.Cors", {}),
    ("router", "router.v3.Router", {}),
)
_OURS_ALONE = ("access_log", "http_protocol_options", "proxy_100_continue")
_RETRIES = {
    "retry_on": "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes",
    "num_retries": 2,
    "retry_host_predicate": [
        {
            "name": "envoy.retry_host_predicates.previous_hosts",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3."
                "PreviousHostsPredicate"
            },
        }
    ],
    "host_selection_retry_max_attempts": 5,
    "retriable_status_codes": [503],
}


def like_istio(config: Json) -> None:
    """Turn the bootstrap of one of our two Envoys into what Istio's would do."""
    for listener in config["static_resources"]["listeners"]:
        inbound = listener["name"] == "inbound"
        if inbound:
            listener["listener_filters"].append(_inspector())
        for manager in managers(listener):
            for name in _OURS_ALONE:
                manager.pop(name, None)
            manager |= {
                "http_filters": list(_http_filters()),
                "server_header_transformation": "OVERWRITE",
                "server_name": "istio-envoy",
                "use_remote_address": False,
            }
            _reroute(manager["route_config"], inbound)


def _http_filters() -> Iterator[Json]:
    for name, kind, fields in _HTTP_FILTERS:
        config = {"@type": f"{_FILTERS}.http.{kind}", **fields}
        yield {"name": f"envoy.filters.http.{name}", "typed_config": config}


def _inspector() -> Json:
    config = {"@type": f"{_FILTERS}.listener.http_inspector.v3.HttpInspector"}
    return {"name": "envoy.filters.listener.http_inspector", "typed_config": config}


def _reroute(routes: Json, inbound: bool) -> None:
    """One route, which takes whatever its host gets."""
    for host in routes["virtual_hosts"]:
        action = {
            "cluster": host["routes"][-1]["route"]["cluster"],
            "timeout": "0s",
            "max_stream_duration": {
                "max_stream_duration": "0s",
                "grpc_timeout_header_max": "0s",
            },
        }
        if not inbound:
            action["retry_policy"] = _RETRIES
        operation = {"operation": f"{host['name']}/*"}
        host["routes"] = [{"match": {"prefix": "/"}, "decorator": operation, "route": action}]
