"""Who may call whom, for all workloads at once, whatever is asked: from the policies alone.

A source may make all calls to a destination, some (it depends on what is asked), or none. It is
the answer of `can` with nothing known of the request. Proxies are taken to speak mutual TLS where
both ends can.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gossamer.explain.authorization.attributes import ANY_HEADER
from gossamer.explain.authorization.caller import STRANGER, Caller, caller_of
from gossamer.explain.authorization.ruling import Ruling
from gossamer.explain.authorization.truth import Unknown
from gossamer.explain.permission.can import HOST, METHOD, PATH, AskedCall
from gossamer.explain.permission.guarded_port import AnyGuardedPort, guarded, usual_transport
from gossamer.explain.permission.parties import all_pods, called_ports, workload_name
from gossamer.explain.permission.request_words import rule_words
from gossamer.explain.walk.call import OUTSIDE, BadCall
from gossamer.model.mesh import Mesh
from gossamer.model.origin import Origin
from gossamer.model.workload.pod import Pod, ProxyRole

ANYTHING = frozenset({HOST, METHOD, PATH, ANY_HEADER})
MOST_PAIRS = 20_000
"""So many pairs of workloads are looked at for one question."""


class Extent(StrEnum):
    """How much of what one might ask the other is let in."""

    ALL = "all"
    SOME = "some"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Segment:
    """What one workload may ask another. `calls` says what that is where it is not all or none,
    `because` where it is written."""

    source: str
    destination: str
    extent: Extent
    calls: tuple[str, ...] = ()
    because: tuple[Origin, ...] = ()


def segments(mesh: Mesh, namespace: str = "") -> tuple[Segment, ...]:
    """Every pair of workloads, of which one at least is in the namespace ("": any), by name.

    `outside` is among the sources: whoever comes without an identity. Raises BadCall for too many.
    """
    pods = {workload_name(pod): pod for pod in reversed(all_pods(mesh))}
    wanted = [name for name in sorted(pods) if not namespace or pods[name].namespace == namespace]
    pairs = len(wanted) * (len(pods) + 1) * (2 if namespace else 1)
    if pairs > MOST_PAIRS:
        raise BadCall(
            f"{len(pods)} workloads are more pairs than are looked at for one question "
            f"({MOST_PAIRS}); name a namespace with -n"
        )
    return tuple(_segments(mesh, pods, wanted))


def _segments(mesh: Mesh, pods: dict[str, Pod], wanted: Sequence[str]) -> Iterator[Segment]:
    callers = {name: caller_of(mesh, pod) for name, pod in sorted(pods.items())}
    callers[OUTSIDE] = STRANGER
    for destination, pod in sorted(pods.items()):
        if pod.role is ProxyRole.GATEWAY:
            continue
        doors = _doors(mesh, destination)
        for source, caller in callers.items():
            near = destination in wanted or source in wanted
            if source != destination and near and doors:
                yield _segment(mesh, source, destination, [door.ruling(caller) for door in doors])


@dataclass(frozen=True, slots=True)
class _Door:
    """A port as callers with an identity meet it, and as those without do."""

    port: int
    secured: AnyGuardedPort
    plain: AnyGuardedPort

    def ruling(self, caller: Caller) -> tuple[int, Ruling]:
        chosen = self.secured if caller.names is not None else self.plain
        return self.port, chosen.ruling(caller, AskedCall().request, ANYTHING)


def _doors(mesh: Mesh, name: str) -> list[_Door]:
    """The ports of a workload; none where it is not known to have any."""
    try:
        ports = called_ports(mesh, name, None)
    except BadCall:
        return []
    return [
        _Door(
            each.shown,
            guarded(mesh, each, usual_transport(mesh, each, meshed=True)),
            guarded(mesh, each, usual_transport(mesh, each, meshed=False)),
        )
        for each in ports
    ]


def _segment(
    mesh: Mesh, source: str, destination: str, rulings: Sequence[tuple[int, Ruling]]
) -> Segment:
    extents = [_extent(ruling) for _, ruling in rulings]
    places = dict.fromkeys(place for _, ruling in rulings for place in ruling.because)
    if len(set(extents)) == 1 and extents[0] is not Extent.SOME:
        return Segment(source, destination, extents[0], (), tuple(places))
    calls = tuple(
        f"port {port}: {_calls(mesh, extent, ruling)}"
        for (port, ruling), extent in zip(rulings, extents, strict=True)
    )
    return Segment(source, destination, Extent.SOME, calls, tuple(places))


def _extent(ruling: Ruling) -> Extent:
    if isinstance(ruling.allowed, Unknown):
        return Extent.SOME
    return Extent.ALL if ruling.allowed else Extent.NONE


def _calls(mesh: Mesh, extent: Extent, ruling: Ruling) -> str:
    if extent is not Extent.SOME:
        return extent.value
    words = (rule_words(mesh, rule) for rule in ruling.possible)
    return "; ".join(dict.fromkeys(filter(None, words))) or "it depends on the request"


def by_namespace(every: Iterable[Segment]) -> tuple[Segment, ...]:
    """The same for whole namespaces: all or none where it is so for every pair of workloads."""
    groups: dict[tuple[str, str], list[Segment]] = {}
    for each in every:
        key = (each.source.partition("/")[0], each.destination.partition("/")[0])
        groups.setdefault(key, []).append(each)
    return tuple(_joined(*key, group) for key, group in sorted(groups.items()))


def _joined(source: str, destination: str, group: Sequence[Segment]) -> Segment:
    extents = {each.extent for each in group}
    places = dict.fromkeys(place for each in group for place in each.because)
    if len(extents) == 1 and extents != {Extent.SOME}:
        return Segment(source, destination, extents.pop(), (), tuple(places))
    pairs = tuple(
        f"{each.source} to {each.destination}: {', '.join(each.calls) or each.extent}"
        for each in group
        if each.extent is not Extent.NONE
    )
    return Segment(source, destination, Extent.SOME, pairs, tuple(places))
