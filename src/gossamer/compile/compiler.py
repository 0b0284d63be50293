"""Compiling one resource: the builder of its kind, with every read noted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from envoy.config.route.v3.route_components_pb2 import VirtualHost
from google.protobuf.message import Message

from gossamer.compile.clusters.cluster import build_cluster
from gossamer.compile.compiled import Compiled, version_of
from gossamer.compile.endpoints import build_endpoints
from gossamer.compile.kinds import Kind
from gossamer.compile.listeners.listener import build_listener
from gossamer.compile.names import build_names
from gossamer.compile.reads import Reader
from gossamer.compile.routes.configurations import build_routes
from gossamer.compile.routes.eager_hosts import EAGER, eager_host
from gossamer.compile.routes.virtual_hosts import build_virtual_host
from gossamer.compile.secrets import build_secret
from gossamer.compile.view_digests import build_views
from gossamer.compile.views import Caller, View
from gossamer.model.mesh import Lookup


def _build_host(read: Reader, view: Caller, name: str) -> VirtualHost | None:
    return (eager_host if name.startswith(EAGER) else build_virtual_host)(read, view, name)


Builder = Callable[[Reader, Any, str], Message | bytes | None]

BUILDERS: Mapping[Kind, Builder] = {
    Kind.CLUSTER: build_cluster,
    Kind.ENDPOINTS: build_endpoints,
    Kind.SECRET: build_secret,
    Kind.LISTENER: build_listener,
    Kind.ROUTE: build_routes,
    Kind.VIRTUAL_HOST: _build_host,
    Kind.NAMES: build_names,
    Kind.VIEWS: build_views,
}


def compile_resource(mesh: Lookup, view: View, kind: Kind, name: str) -> Compiled:
    """The resource of that name for that view; `body` None where there is nothing behind it."""
    reader = Reader(mesh)
    built = BUILDERS[kind](reader, view, name)
    if built is None:
        return Compiled(None, "", reader.reads, reader.because)
    body = built if isinstance(built, bytes) else built.SerializeToString(deterministic=True)
    return Compiled(body, version_of(body), reader.reads, reader.because, reader.needs)
