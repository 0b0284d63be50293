"""Envoy's config dump as rows that people and programs read: what `gossamer proxy` shows.

Pure: the JSON that the admin socket gave in, plain lists of dicts out, in Envoy's order of
sections and sorted by name within, so that two dumps compare.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gossamer.contract.addresses import with_port

Json = Mapping[str, Any]
Row = dict[str, Any]


def cluster_rows(dump: Json) -> list[Row]:
    """`{name, type, tls, state, version}` per cluster."""
    rows = []
    for entry, state in _entries(dump, "ClustersConfigDump", "clusters"):
        cluster = entry["cluster"]
        kind = cluster.get("type") or cluster.get("cluster_type", {}).get("name", "STATIC")
        tls = "transport_socket" in cluster or "transport_socket_matches" in cluster
        version = entry.get("version_info", "")
        rows.append(_row(cluster["name"], state, version, type=kind, tls=tls))
    return _sorted(rows)


def listener_rows(dump: Json) -> list[Row]:
    """`{name, address, filter_chains, state, version, error}` per listener."""
    rows = [_static_listener(entry) for entry in _section(dump, "Listeners", "static_listeners")]
    for entry in _section(dump, "Listeners", "dynamic_listeners"):
        state = next((s for s in _LISTENER_STATES if f"{s}_state" in entry), "error")
        held = entry.get(f"{state}_state", {})
        listener = held.get("listener", {})
        row = _row(entry["name"], state, held.get("version_info", ""), **_listener(listener))
        error = entry.get("error_state", {}).get("details")
        rows.append(row | ({"error": error} if error else {}))
    return _sorted(rows)


def route_rows(dump: Json) -> list[Row]:
    """`{name, virtual_host, domains, routes: [{match, to}], state, version}` per virtual host."""
    rows = []
    for entry, state in _entries(dump, "RoutesConfigDump", "route_configs"):
        config = entry["route_config"]
        for host in config.get("virtual_hosts", ()):
            routes = [
                {"match": _match(route["match"]), "to": _target(route)}
                for route in host.get("routes", ())
            ]
            row = _row(config.get("name", ""), state, entry.get("version_info", ""))
            rows.append(
                row | {"virtual_host": host["name"], "domains": host["domains"], "routes": routes}
            )
    return sorted(rows, key=lambda row: (row["name"], row["virtual_host"]))


def endpoint_rows(clusters: Json) -> list[Row]:
    """`{cluster, address, health, weight, locality, requests, active}` per host, of /clusters."""
    rows = [
        _host(cluster["name"], host)
        for cluster in clusters.get("cluster_statuses", ())
        for host in cluster.get("host_statuses", ())
    ]
    return sorted(rows, key=lambda row: (row["cluster"], row["address"]))


def secret_rows(dump: Json, certificates: Json) -> list[Row]:
    """`{name, kind, state, version, expires}` per secret; never a key."""
    ends = dict(_expirations(certificates))
    rows = []
    for entry, state in _entries(dump, "SecretsConfigDump", "secrets"):
        kind = "roots" if "validation_context" in entry.get("secret", {}) else "certificate"
        row = _row(entry["name"], state, entry.get("version_info", ""), kind=kind)
        rows.append(row | {"expires": ends.get(kind)})
    return _sorted(rows)


def extension_rows(dump: Json) -> list[Row]:
    """`{name, type, state, version}` per discovered filter."""
    rows = []
    for entry in _section(dump, "Ecds", "ecds_filters"):
        extension = entry.get("ecds_filter", {})
        kind = _filter_kind(extension.get("typed_config", {}).get("@type", ""))
        row = _row(extension.get("name", ""), "active", entry.get("version_info", ""), type=kind)
        error = entry.get("error_state", {}).get("details")
        rows.append(row | ({"error": error} if error else {}))
    return _sorted(rows)


def _filter_kind(type_url: str) -> str:
    """`http.rbac` of `…envoy.extensions.filters.http.rbac.v3.RBAC`: layer and filter."""
    return ".".join(type_url.split(".")[-4:-2])


_LISTENER_STATES = ("active", "warming", "draining")


def _section(dump: Json, kind: str, field: str) -> Iterator[Json]:
    for part in dump.get("configs", ()):
        if part["@type"].endswith((f".{kind}", f".{kind}ConfigDump")):
            yield from part.get(field, ())


def _entries(dump: Json, kind: str, noun: str) -> Iterator[tuple[Json, str]]:
    for field, state in (
        (f"static_{noun}", "static"),
        (f"dynamic_{noun}", "active"),
        (f"dynamic_active_{noun}", "active"),
        (f"dynamic_warming_{noun}", "warming"),
    ):
        for entry in _section(dump, kind, field):
            yield entry, state


def _row(name: str, state: str, version: str, **more: Any) -> Row:
    return {"name": name, **more, "state": state, "version": version}


def _sorted(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: str(row["name"]))


def _static_listener(entry: Json) -> Row:
    listener = entry["listener"]
    return _row(listener.get("name", ""), "static", "", **_listener(listener))


def _listener(listener: Json) -> Row:
    chains = len(listener.get("filter_chains", ())) + ("default_filter_chain" in listener)
    return {"address": _address(listener.get("address", {})), "filter_chains": chains}


def _address(address: Json) -> str:
    if "pipe" in address:
        return str(address["pipe"]["path"])
    socket = address.get("socket_address", {})
    return with_port(socket.get("address", ""), socket.get("port_value", ""))


def _match(match: Json) -> str:
    for kind in ("prefix", "path", "path_separated_prefix"):
        if kind in match:
            return f"{kind} {match[kind]}"
    if "safe_regex" in match:
        return f"regex {match['safe_regex']['regex']}"
    return ", ".join(sorted(match))


def _target(route: Json) -> str:
    action = route.get("route", {})
    if "cluster" in action:
        return str(action["cluster"])
    if "weighted_clusters" in action:
        parts = action["weighted_clusters"]["clusters"]
        return ", ".join(f"{part['name']} {part.get('weight', 0)}" for part in parts)
    if "direct_response" in route:
        return f"direct response {route['direct_response']['status']}"
    return next((kind.replace("_", " ") for kind in ("redirect", "route") if kind in route), "?")


def _host(cluster: str, host: Json) -> Row:
    counters = {stat["name"]: int(stat.get("value", 0)) for stat in host.get("stats", ())}
    locality = host.get("locality", {})
    place = [locality[part] for part in ("region", "zone", "sub_zone") if locality.get(part)]
    return {
        "cluster": cluster,
        "address": _address(host["address"]),
        "health": _health(host.get("health_status", {})),
        "weight": host.get("weight", 1),
        "locality": "/".join(place),
        "requests": counters.get("rq_total", 0),
        "active": counters.get("rq_active", 0),
    }


def _health(status: Json) -> str:
    failed = sorted(flag for flag in status if flag.startswith("failed_"))
    return ", ".join(failed) if failed else str(status.get("eds_health_status", "HEALTHY"))


def _expirations(certificates: Json) -> Iterator[tuple[str, str]]:
    for pair in certificates.get("certificates", ()):
        for field, kind in (("cert_chain", "certificate"), ("ca_cert", "roots")):
            for certificate in pair.get(field, ()):
                yield kind, certificate["expiration_time"]
