"""What an apply would change, before it is done: which proxies get what, which calls end how.

The next mesh is assembled beside the present one and nothing else is touched: meshes are values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gossamer.compile.engine.compiled import Compiled
from gossamer.compile.engine.compiler import compile_resource
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import View, view_of
from gossamer.compile.engine.wildcard_names import wildcard_names
from gossamer.contract.cluster_names import outbound_host
from gossamer.explain.report.difference import CallChange, difference
from gossamer.explain.report.samples import sample_calls
from gossamer.explain.report.shapes import CallChangeShape
from gossamer.model import tables
from gossamer.model.assembly.assemble import assemble
from gossamer.model.assembly.change import Change
from gossamer.model.fragment import Contribution
from gossamer.model.mesh import Mesh
from gossamer.model.observed import NOTHING_OBSERVED, Observed
from gossamer.model.origin import ObjectRef
from gossamer.model.workload.pod import Pod, ProxyRole
from gossamer.plane.api.answers import ProxyChangeShape, ResourceChangeShape
from gossamer.plane.resources.catalog import EntryId

BY_HOST = (
    tables.ROUTES,
    tables.DESTINATIONS,
    tables.SERVICES,
    tables.DECLARED_ENDPOINTS,
    tables.ENDPOINTS,
)


@dataclass(frozen=True, slots=True)
class HeldNames:
    """A connected proxy's pod, and by kind the names that it holds."""

    pod: str
    names: Mapping[ResourceType, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """One resource of a proxy that would change, appear or vanish."""

    kind: ResourceType
    name: str
    what: str

    def shape(self) -> ResourceChangeShape:
        """The change as the API tells it."""
        return ResourceChangeShape(self.kind.value.rpartition(".")[2], self.name, self.what)


@dataclass(frozen=True, slots=True)
class Forecast:
    """By pod the resources that would differ, and the calls that would end differently."""

    proxies: Mapping[str, tuple[ResourceChange, ...]]
    calls: tuple[CallChange, ...]

    def proxy_shapes(self) -> list[ProxyChangeShape]:
        """The proxies as the API tells of them, in the order of their pods."""
        return [
            ProxyChangeShape(pod, [each.shape() for each in changes])
            for pod, changes in sorted(self.proxies.items())
        ]

    def call_shapes(self) -> list[CallChangeShape]:
        """The calls as the API tells of them."""
        return [change.shape() for change in self.calls]


def forecast(
    mesh: Mesh,
    contributions: Mapping[ObjectRef, Contribution | None],
    connected: Sequence[HeldNames],
    observed: Observed = NOTHING_OBSERVED,
) -> Forecast:
    """What these contributions, and what is observed then, would change in the mesh for these
    connected proxies and callers."""
    after, change = assemble(mesh, contributions, observed)
    compiler = _Compiler(mesh, after, change)
    changes_by_pod = {each.pod: tuple(compiler.changes(each)) for each in connected}
    proxies = {pod: changes for pod, changes in changes_by_pod.items() if changes}
    return Forecast(proxies, tuple(_calls(mesh, after, change, _users(connected))))


class _Compiler:
    """Compiles what a change touches under the next mesh, once for each view."""

    def __init__(self, before: Mesh, after: Mesh, change: Change) -> None:
        self._before, self._after, self._change = before, after, change
        self._made: dict[tuple[bool, EntryId], Compiled] = {}

    def changes(self, holding: HeldNames) -> Iterator[ResourceChange]:
        """The differences for one proxy, in the order of type and name."""
        old = self._before.lookup(tables.PODS, holding.pod)
        new = self._after.lookup(tables.PODS, holding.pod)
        if old is None or new is None:
            return
        names = {(k, n) for k, each in holding.names.items() for n in each}
        names |= {
            (kind, name)
            for kind in ResourceType
            for name in wildcard_names(self._after, new, kind).names
        }
        for kind, name in sorted(names, key=lambda pair: (pair[0].value, pair[1])):
            then = self._version(self._before, old, kind, name)
            now = self._version(self._after, new, kind, name)
            if then != now:
                what = "changes" if then and now else "appears" if now else "vanishes"
                yield ResourceChange(kind, name, what)

    def _version(self, mesh: Mesh, pod: Pod, kind: ResourceType, name: str) -> str:
        view: View = view_of(mesh, pod, kind, name)
        wanted = EntryId(kind, view, name)
        compiled = self._made.get((mesh is self._after, wanted))
        if compiled is None:
            compiled = self._compile(mesh, wanted)
            self._made[mesh is self._after, wanted] = compiled
        return compiled.version

    def _compile(self, mesh: Mesh, wanted: EntryId) -> Compiled:
        """The entry; one that rests on nothing that changed is the same in both meshes."""
        other = self._made.get((mesh is not self._after, wanted))
        if other is not None and not other.reads & self._change:
            return other
        return compile_resource(mesh, wanted.view, wanted.kind, wanted.name)


def _users(connected: Iterable[HeldNames]) -> Mapping[str, set[str]]:
    """By host, the pods whose proxies hold a cluster of it: those that call it."""
    users: dict[str, set[str]] = {}
    for holding in connected:
        for name in holding.names.get(ResourceType.CLUSTER, ()):
            if (host := outbound_host(name)) is not None:
                users.setdefault(host, set()).add(holding.pod)
    return users


def _calls(
    before: Mesh, after: Mesh, change: Change, users: Mapping[str, set[str]]
) -> Iterator[CallChange]:
    """The calls to hosts that the change names, from one workload of each namespace."""
    pods, known = _pods(after), {pod.key for pod in _pods(before)}
    for host, port in sorted(_targets(before, after, change)):
        using = users.get(host, set())
        preferred = sorted(pods, key=lambda pod: (pod.key not in using, pod.key not in known))
        for pod in _callers(preferred):
            calls = sample_calls((before, after), pod.key, pod.namespace, host, port)
            differences = (difference(before, after, call) for call in calls)
            yield from (each for each in differences if each is not None)


def _targets(before: Mesh, after: Mesh, change: Change) -> set[tuple[str, int]]:
    names = {table.name for table in BY_HOST}
    hosts = {key.name for key in change if key.table in names} | set(_guarded(after, change))
    return {
        (host, port.number)
        for host in hosts
        for mesh in (before, after)
        for service in mesh.lookup(tables.SERVICES, host) or ()
        for port in service.ports
        if port.protocol.may_be_http
    }


def _guarded(mesh: Mesh, change: Change) -> Iterator[str]:
    """The hosts of namespaces whose workloads' policies change (every one, for the mesh's)."""
    for key in change:
        if key.table == tables.WORKLOAD_POLICIES.name:
            for pod in _pods(mesh):
                yield from mesh.lookup(tables.POD_SERVICES, pod.key) or ()


def _callers(pods: Iterable[Pod]) -> Iterator[Pod]:
    """One pod for each namespace and each way of calling: beside a sidecar, and without one."""
    seen: set[tuple[str, ProxyRole]] = set()
    for pod in pods:
        kind = (pod.namespace, pod.role)
        if pod.role is not ProxyRole.GATEWAY and kind not in seen:
            seen.add(kind)
            yield pod


def _pods(mesh: Mesh) -> list[Pod]:
    pods = (value for key, value in mesh.facts.items() if key.table == tables.PODS.name)
    return sorted(pods, key=lambda pod: str(pod.key))
