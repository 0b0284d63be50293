"""What a proxy holds, resource by resource, as the plane would send it."""

from __future__ import annotations

from typing import TypeVar

from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.core.v3.extension_pb2 import TypedExtensionConfig
from envoy.config.endpoint.v3.endpoint_pb2 import ClusterLoadAssignment
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.config.route.v3.route_components_pb2 import VirtualHost
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from google.protobuf.message import Message

from gossamer.compile.engine.compiled import Compiled
from gossamer.compile.engine.compiler import compile_resource
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import view_of
from gossamer.model.assembly.visible import scope_of
from gossamer.model.mesh import Mesh
from gossamer.model.origin import ObjectRef
from gossamer.model.workload.pod import Pod

M = TypeVar("M", bound=Message)


class ProxyConfig:
    """One pod's proxy: the very bytes that the plane compiles for it, read back."""

    def __init__(self, mesh: Mesh, pod: Pod) -> None:
        self.mesh, self.pod = mesh, pod
        self._compiled: dict[tuple[ResourceType, str], Compiled] = {}

    @property
    def scope(self) -> str:
        """What its workload sees, see `scope_of`."""
        return scope_of(self.mesh, self.pod.namespace)

    def cluster(self, name: str) -> Cluster | None:
        """The cluster of that name; here as below, None where the proxy would get none."""
        return self._message(Cluster, ResourceType.CLUSTER, name)

    def endpoints(self, name: str) -> ClusterLoadAssignment | None:
        """The endpoints of the cluster of that name."""
        return self._message(ClusterLoadAssignment, ResourceType.ENDPOINTS, name)

    def listener(self, name: str) -> Listener | None:
        """The listener of that name."""
        return self._message(Listener, ResourceType.LISTENER, name)

    def extension(self, name: str) -> TypedExtensionConfig | None:
        """The configuration of the discovered filter of that name."""
        return self._message(TypedExtensionConfig, ResourceType.EXTENSION, name)

    def routes(self, name: str) -> RouteConfiguration | None:
        """The route configuration of that name."""
        return self._message(RouteConfiguration, ResourceType.ROUTE, name)

    def virtual_host(self, name: str) -> VirtualHost | None:
        """The virtual host of that name, `PORT/HOST`."""
        return self._message(VirtualHost, ResourceType.VIRTUAL_HOST, name)

    def _message(self, message: type[M], kind: ResourceType, name: str) -> M | None:
        body = self._resource(kind, name).body
        return None if body is None else message.FromString(body)

    def because(self, kind: ResourceType, name: str) -> tuple[ObjectRef, ...]:
        """The objects that decided it."""
        return self._resource(kind, name).because

    def _resource(self, kind: ResourceType, name: str) -> Compiled:
        if (kind, name) not in self._compiled:
            view = view_of(self.mesh, self.pod, kind, name)
            self._compiled[kind, name] = compile_resource(self.mesh, view, kind, name)
        return self._compiled[kind, name]
