"""Compiling one resource: the builder of its kind, with every read noted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from envoy.config.route.v3.route_components_pb2 import VirtualHost
from google.protobuf.message import Message

from gossamer.compile.clusters.cluster import build_cluster
from gossamer.compile.clusters.endpoints import build_endpoints
from gossamer.compile.engine.compiled import Compiled, version_of
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.view_digests import build_views
from gossamer.compile.engine.views import ClientView, View
from gossamer.compile.extensions import build_extension
from gossamer.compile.host.dns_records import build_names
from gossamer.compile.host.open_policy import build_policies
from gossamer.compile.listeners.listener import build_listener
from gossamer.compile.routes.configurations import build_routes
from gossamer.compile.routes.eager_hosts import eager_host
from gossamer.compile.routes.virtual_hosts import build_virtual_host
from gossamer.compile.tls.secrets import build_secret
from gossamer.contract.route_names import parse_virtual_host
from gossamer.model.mesh import Lookup


def _build_host(read: TrackedLookup, view: ClientView, name: str) -> VirtualHost | None:
    asked = parse_virtual_host(name)
    if asked is None:
        return None
    return (eager_host if asked.eager else build_virtual_host)(read, view, asked)


Builder = Callable[[TrackedLookup, Any, str], Message | bytes | None]

BUILDERS: Mapping[ResourceType, Builder] = {
    ResourceType.CLUSTER: build_cluster,
    ResourceType.ENDPOINTS: build_endpoints,
    ResourceType.SECRET: build_secret,
    ResourceType.LISTENER: build_listener,
    ResourceType.EXTENSION: build_extension,
    ResourceType.ROUTE: build_routes,
    ResourceType.VIRTUAL_HOST: _build_host,
    ResourceType.NAMES: build_names,
    ResourceType.POLICIES: build_policies,
    ResourceType.VIEWS: build_views,
}


def compile_resource(mesh: Lookup, view: View, kind: ResourceType, name: str) -> Compiled:
    """The resource of that name for that view; `body` None where there is nothing behind it."""
    reader = TrackedLookup(mesh)
    built = BUILDERS[kind](reader, view, name)
    if built is None:
        return Compiled(None, "", reader.reads, reader.because)
    body = built if isinstance(built, bytes) else built.SerializeToString(deterministic=True)
    compiled = Compiled(body, version_of(body), reader.reads, reader.because, reader.needs)
    return replace(compiled, undeclared=True) if reader.undeclared else compiled
