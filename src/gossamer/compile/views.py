"""Views: the little that each kind of resource depends on, so that proxies share bytes.

A cluster depends on what its client's namespace may see, an outbound virtual host on the
client's namespace (short names) and on those of its labels that some match names, an inbound
listener on the workload. Two proxies with equal views get the very same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2s

from gossamer.compile.kinds import Kind
from gossamer.model import tables
from gossamer.model.ids import EVERYWHERE
from gossamer.model.labels import Labels
from gossamer.model.mesh import Lookup
from gossamer.model.pod import Discovery, Pod, PodPort, ProxyRole
from gossamer.model.visible import scope_of


@dataclass(frozen=True, slots=True)
class Scope:
    """What clients of a scope see (`scope_of`): clusters, endpoints, secrets, names."""

    scope: str


@dataclass(frozen=True, slots=True)
class Edge:
    """The same for a gateway's clusters: the HTTP version of its callers says nothing of what
    is called."""

    scope: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks for a host: its namespace, and its labels as far as some match names them."""

    scope: str
    namespace: str
    labels: Labels


@dataclass(frozen=True, slots=True)
class Outbound:
    """A sidecar's outbound side."""

    scope: str
    discovery: Discovery


@dataclass(frozen=True, slots=True)
class Inbound:
    """A sidecar's inbound side: the workload as its services and policies see it."""

    namespace: str
    labels: Labels
    service_account: str
    ports: tuple[PodPort, ...]
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Front:
    """A gateway: the labels that Gateways select it by, and the Services in front of it.

    `stand_in` is a lab's own, which may also use the Secrets beside the Gateways it serves;
    `doors` is where it opens sockets for the lab's edge.
    """

    scope: str
    namespace: str
    labels: Labels
    service_account: str
    ports: tuple[PodPort, ...] = ()
    hosts: tuple[str, ...] = ()
    stand_in: bool = False
    doors: str = ""


View = Scope | Edge | Caller | Outbound | Inbound | Front


@dataclass(frozen=True, slots=True)
class Views:
    """All views of one pod's proxy; `inbound`, `outbound` are a sidecar's, `front` a gateway's."""

    role: ProxyRole
    scope: Scope
    caller: Caller
    outbound: Outbound
    inbound: Inbound
    front: Front

    def of(self, kind: Kind, name: str) -> View:
        """The view under which this proxy gets that resource."""
        if kind in _OWN_SIDE and name.startswith("inbound"):
            return self.inbound
        # Keys of gateways: whoever asks for one must serve a listener that uses it.
        fronting = kind is Kind.SECRET and name.startswith("gateway|")
        if (fronting or kind in _AT_FRONT) and self.role is ProxyRole.GATEWAY:
            return self.front
        if kind is Kind.LISTENER:
            return self.outbound
        if kind is Kind.CLUSTER and self.role is ProxyRole.GATEWAY:
            return Edge(self.scope.scope)
        return self.caller if kind in _BY_CALLER else self.scope

    def sides(self) -> tuple[View, ...]:
        """The views by which a proxy holds what it did not ask for."""
        return _SIDES[self.role](self)


_OWN_SIDE = frozenset({Kind.LISTENER, Kind.ROUTE, Kind.CLUSTER})
_AT_FRONT = frozenset({Kind.LISTENER, Kind.ROUTE})
_BY_CALLER = frozenset({Kind.VIRTUAL_HOST, Kind.ROUTE})
_SIDES: Mapping[ProxyRole, Callable[[Views], tuple[View, ...]]] = {
    ProxyRole.NONE: lambda views: (),
    ProxyRole.SIDECAR: lambda views: (views.inbound, views.outbound),
    ProxyRole.GATEWAY: lambda views: (views.front,),
}


def views_of(mesh: Lookup, pod: Pod) -> Views:
    """Everything that the resources of this pod's proxy depend on."""
    scope = scope_of(mesh, pod.namespace)
    return Views(
        pod.role,
        Scope(scope),
        Caller(scope, pod.namespace, _named_labels(mesh, pod)),
        Outbound(scope, pod.discovery),
        inbound_view(mesh, pod),
        front_view(mesh, pod),
    )


def view_of(mesh: Lookup, pod: Pod, kind: Kind, name: str) -> View:
    """The view under which this pod's proxy gets that resource."""
    return views_of(mesh, pod).of(kind, name)


def inbound_view(mesh: Lookup, pod: Pod) -> Inbound:
    """What the inbound side of this pod depends on."""
    hosts = mesh.lookup(tables.POD_SERVICES, pod.key) or ()
    return Inbound(pod.namespace, pod.labels, pod.service_account, pod.ports, hosts)


def front_view(mesh: Lookup, pod: Pod) -> Front:
    """What a gateway's own resources depend on."""
    scope = scope_of(mesh, pod.namespace)
    hosts = mesh.lookup(tables.POD_SERVICES, pod.key) or ()
    return Front(
        scope,
        pod.namespace,
        pod.labels,
        pod.service_account,
        pod.ports,
        hosts,
        stand_in=pod.stand_in,
        doors=pod.doors,
    )


def digest(view: View) -> str:
    """A short name for a view: equal for equal views, in every process."""
    return blake2s(repr(view).encode(), digest_size=8).hexdigest()


def _named_labels(mesh: Lookup, pod: Pod) -> Labels:
    named = mesh.lookup(tables.SOURCE_LABELS, EVERYWHERE) or ()
    return tuple((key, value) for key, value in pod.labels if key in named)
