"""Views: the little that each kind of resource depends on, so that proxies share bytes.

A cluster depends on what its client's namespace may see, an outbound virtual host on the
client's namespace (short names) and on those of its labels that some match names, an inbound
listener on the workload. Two proxies with equal views get the very same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2s

from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.lookup.targets import Targets, targets_of
from gossamer.contract.cluster_names import is_inbound
from gossamer.contract.secret_names import SecretKind, parse_secret
from gossamer.model import tables
from gossamer.model.assembly.visible import scope_of
from gossamer.model.ids import EVERYWHERE, ROOT_NAMESPACE
from gossamer.model.mesh import Lookup
from gossamer.model.workload.labels import Labels
from gossamer.model.workload.pod import Discovery, Pod, PodPort, ProxyRole
from gossamer.model.workload.workload_policy import label_cell


@dataclass(frozen=True, slots=True)
class ScopeView:
    """What clients of a scope see (`scope_of`): clusters, endpoints, secrets, names."""

    scope: str


@dataclass(frozen=True, slots=True)
class EdgeView:
    """The same for a gateway's clusters: the HTTP version of its callers says nothing of what
    is called."""

    scope: str


@dataclass(frozen=True, slots=True)
class ClientView:
    """Who asks for a host: its namespace, and its labels as far as some match names them."""

    scope: str
    namespace: str
    labels: Labels


@dataclass(frozen=True, slots=True)
class OutboundView:
    """A sidecar's outbound side."""

    scope: str
    discovery: Discovery


@dataclass(frozen=True, slots=True)
class InboundView:
    """A sidecar's inbound side: the workload as its services and policies see it."""

    namespace: str
    labels: Labels
    service_account: str
    ports: tuple[PodPort, ...]
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WorkloadView:
    """Whom policies of workloads are for: a namespace, and labels as far as selectors name them.

    Configurations of discovered filters depend on it, while the listener that they stand in may be
    shared by all workloads. `targets` are the objects that policies name and the workload stands
    behind, each with the namespace of the policy. The account is there where traffic targets go by
    it.
    """

    namespace: str
    labels: Labels
    targets: Targets = ()
    service_account: str = ""


@dataclass(frozen=True, slots=True)
class GatewayView:
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


View = ScopeView | EdgeView | ClientView | OutboundView | InboundView | WorkloadView | GatewayView


@dataclass(frozen=True, slots=True)
class Views:
    """All views of one pod's proxy; `inbound`, `outbound` are a sidecar's, `front` a gateway's."""

    role: ProxyRole
    scope: ScopeView
    caller: ClientView
    outbound: OutboundView
    inbound: InboundView
    front: GatewayView
    workload: WorkloadView

    def of(self, kind: ResourceType, name: str) -> View:
        """The view under which this proxy gets that resource."""
        if kind is ResourceType.EXTENSION:
            return self.workload
        if kind in _OWN_SIDE and is_inbound(name):
            return self.inbound
        # Keys of gateways: whoever asks for one must serve a listener that uses it.
        fronting = kind is ResourceType.SECRET and _of_gateway(name)
        if (fronting or kind in _AT_FRONT) and self.role is ProxyRole.GATEWAY:
            return self.front
        if kind is ResourceType.LISTENER:
            return self.outbound
        if kind is ResourceType.CLUSTER and self.role is ProxyRole.GATEWAY:
            return EdgeView(self.scope.scope)
        return self.caller if kind in _BY_CALLER else self.scope

    def sides(self) -> tuple[View, ...]:
        """The views by which a proxy holds what it did not ask for."""
        return _SIDES[self.role](self)


_OWN_SIDE = frozenset({ResourceType.LISTENER, ResourceType.ROUTE, ResourceType.CLUSTER})
_AT_FRONT = frozenset({ResourceType.LISTENER, ResourceType.ROUTE})
_BY_CALLER = frozenset({ResourceType.VIRTUAL_HOST, ResourceType.ROUTE})
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
        ScopeView(scope),
        ClientView(scope, pod.namespace, _named_labels(mesh, pod)),
        OutboundView(scope, pod.discovery),
        inbound_view(mesh, pod),
        front_view(mesh, pod),
        _workload_view(mesh, pod),
    )


def made_eager(views: Views) -> Views:
    """The same, for a proxy that is to get every host of its scope as wildcard."""
    return replace(views, outbound=OutboundView(views.outbound.scope, Discovery.EAGER))


def view_of(mesh: Lookup, pod: Pod, kind: ResourceType, name: str) -> View:
    """The view under which this pod's proxy gets that resource."""
    return views_of(mesh, pod).of(kind, name)


def inbound_view(mesh: Lookup, pod: Pod) -> InboundView:
    """What the inbound side of this pod depends on."""
    hosts = mesh.lookup(tables.POD_SERVICES, pod.key) or ()
    return InboundView(pod.namespace, pod.labels, pod.service_account, pod.ports, hosts)


def front_view(mesh: Lookup, pod: Pod) -> GatewayView:
    """What a gateway's own resources depend on."""
    scope = scope_of(mesh, pod.namespace)
    hosts = mesh.lookup(tables.POD_SERVICES, pod.key) or ()
    return GatewayView(
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


def _workload_view(mesh: Lookup, pod: Pod) -> WorkloadView:
    by_account = mesh.lookup(tables.TRAFFIC_TARGETS, pod.namespace)
    return WorkloadView(
        pod.namespace,
        _selected_labels(mesh, pod),
        targets_of(mesh, pod),
        pod.service_account if by_account else "",
    )


def _selected_labels(mesh: Lookup, pod: Pod) -> Labels:
    homes = dict.fromkeys((ROOT_NAMESPACE, pod.namespace))
    chosen = {pair for pair in pod.labels if _chosen(mesh, homes, pair)}
    named = set[str]()
    for binding in mesh.lookup(tables.IDENTITY_BINDINGS, pod.namespace) or ():
        named |= {key for selector in binding.selectors for key, _ in selector}
    return tuple(pair for pair in pod.labels if pair in chosen or pair[0] in named)


def _chosen(mesh: Lookup, homes: Iterable[str], pair: tuple[str, str]) -> bool:
    cells = (tables.POLICIES_BY_LABEL.key(label_cell(home, pair)) for home in homes)
    return any(mesh.get_key(cell) for cell in cells)


def _of_gateway(secret: str) -> bool:
    name = parse_secret(secret)
    return name is not None and name.kind is SecretKind.GATEWAY
