"""Which virtual host of a route configuration a Host header falls into.

Source: envoy.config.route.v3.VirtualHost.domains: exact, then the longest `*.suffix`, then the
longest `prefix.*`, then `*`.
"""

from __future__ import annotations

from collections.abc import Iterable

from envoy.config.route.v3.route_components_pb2 import VirtualHost
from envoy.config.route.v3.route_pb2 import RouteConfiguration


def find_host(config: RouteConfiguration, authority: str) -> VirtualHost | None:
    """The virtual host for a Host header; None where there is none."""
    host = authority.lower()
    if config.ignore_port_in_host_matching:
        host = without_port(host)
    exact: dict[str, VirtualHost] = {}
    suffixes: dict[str, VirtualHost] = {}
    prefixes: dict[str, VirtualHost] = {}
    rest: VirtualHost | None = None
    for each in config.virtual_hosts:
        for domain in each.domains:
            if domain == "*":
                rest = each
            elif domain.startswith("*"):
                suffixes[domain[1:].lower()] = each
            elif domain.endswith("*"):
                prefixes[domain[:-1].lower()] = each
            else:
                exact[domain.lower()] = each
    if host in exact:
        return exact[host]
    suffix = _longest(s for s in suffixes if host.endswith(s) and len(s) < len(host))
    if suffix:
        return suffixes[suffix]
    prefix = _longest(p for p in prefixes if host.startswith(p) and len(p) < len(host))
    return prefixes[prefix] if prefix else rest


def _longest(domains: Iterable[str]) -> str:
    return max(domains, key=len, default="")


def without_port(host: str) -> str:
    """The host of a Host header without its port, brackets kept."""
    bare, colon, port = host.rpartition(":")
    return bare if colon and port.isdigit() and not bare.endswith(":") else host
