"""Views: the little that each kind of resource depends on, so that proxies share bytes.

A cluster depends on what its client's namespace may see, an outbound virtual host on the
client's namespace (short names) and on those of its labels that some match names, an inbound
listener on the workload. Two proxies with equal views get the very same bytes.
"""

from __future__ import annotations

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
    """What clients of a scope see (`scope_of`): clusters, endpoints, pins, names."""

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
    """A gateway: the labels that Gateways select it by."""

    scope: str
    namespace: str
    labels: Labels
    service_account: str


View = Scope | Caller | Outbound | Inbound | Front


def view_of(mesh: Lookup, pod: Pod, kind: Kind, name: str) -> View:
    """The view under which this pod's proxy gets that resource."""
    scope = scope_of(mesh, pod.namespace)
    if kind in (Kind.LISTENER, Kind.ROUTE, Kind.CLUSTER) and name.startswith("inbound"):
        return inbound_view(mesh, pod)
    # Keys of gateways: whoever asks for one must serve a listener that uses it.
    fronting = kind is Kind.SECRET and name.startswith("gateway|")
    if (fronting or kind in (Kind.LISTENER, Kind.ROUTE)) and pod.role is ProxyRole.GATEWAY:
        return Front(scope, pod.namespace, pod.labels, pod.service_account)
    if kind is Kind.LISTENER:
        return Outbound(scope, pod.discovery)
    if kind in (Kind.VIRTUAL_HOST, Kind.ROUTE):
        return Caller(scope, pod.namespace, _named_labels(mesh, pod))
    return Scope(scope)


def inbound_view(mesh: Lookup, pod: Pod) -> Inbound:
    """What the inbound side of this pod depends on."""
    hosts = mesh.lookup(tables.POD_SERVICES, pod.key) or ()
    return Inbound(pod.namespace, pod.labels, pod.service_account, pod.ports, hosts)


def digest(view: View) -> str:
    """A short name for a view: equal for equal views, in every process."""
    return blake2s(repr(view).encode(), digest_size=8).hexdigest()


def _named_labels(mesh: Lookup, pod: Pod) -> Labels:
    named = mesh.lookup(tables.SOURCE_LABELS, EVERYWHERE) or ()
    return tuple((key, value) for key, value in pod.labels if key in named)
