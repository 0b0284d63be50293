"""What Envoy would refuse of a mesh, found before any Envoy is asked.

Every resource is compiled and held against the constraints of Envoy's descriptors; where one does
not hold, the objects behind the resource are tried as the plane tries them after a refusal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gossamer.compile.constraints.words import in_words
from gossamer.compile.engine.bisection import Bisection
from gossamer.compile.engine.compiled import Compiled
from gossamer.compile.engine.compiler import compile_resource
from gossamer.compile.engine.everything import Made, everything
from gossamer.compile.engine.refusal import refused_object, refused_resource
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.model.assembly.assemble import assemble
from gossamer.model.finding import Finding
from gossamer.model.mesh import Mesh
from gossamer.model.origin import ObjectRef, Origin
from gossamer.model.traffic.gateway import Gateway
from gossamer.model.traffic.service import Service
from gossamer.model.workload.pod import Pod

MOST = 50_000
"""How much is looked at: a resource counts one, and one more for each KiB of it."""

_TOLD, _QUESTIONS = 100, 60
"""How many objects are reported, and how often a resource is tried without some of them, at
most."""

_EFFECT = "a running mesh withholds it when Envoy refuses it; all other objects are live"


@dataclass(frozen=True, slots=True)
class Foresight:
    """What Envoy would refuse, and whether all was looked at."""

    findings: tuple[Finding, ...]
    whole: bool


def foresee(mesh: Mesh, pods: Iterable[Pod], most: int = MOST) -> Foresight:
    """Each culprit once, with the first resource that it spoils."""
    refused: dict[ObjectRef, Finding] = {}
    looked: set[tuple[ResourceType, str]] = set()
    for entry in everything(mesh, pods):
        most -= 1 + len(entry.compiled.body or b"") // 1024
        if most < 0 or len(refused) >= _TOLD:
            return Foresight(tuple(refused.values()), False)
        version = entry.need[0], entry.compiled.version
        if version not in looked and refused.keys().isdisjoint(entry.compiled.because):
            looked.add(version)
            refused |= {each.origin.object: each for each in _refusals(mesh, entry)}
    return Foresight(tuple(refused.values()), True)


def _refusals(mesh: Mesh, entry: Made) -> Iterator[Finding]:
    reason = _reason(entry, entry.compiled)
    if not reason:
        return
    culprits = _culprits(mesh, entry)
    if not culprits:
        yield refused_resource(entry.need, reason)
    for ref in culprits:
        origin = dict(mesh.contributions[ref].origins).get("", Origin(ref))
        yield refused_object(origin, entry.need, reason, _EFFECT)


def _reason(entry: Made, compiled: Compiled) -> str:
    return in_words(entry.need[0], compiled.body, "")


def _culprits(mesh: Mesh, entry: Made) -> list[ObjectRef]:
    """Those without which the resource would be taken."""
    behind = [ref for ref in entry.compiled.because if ref in mesh.contributions]
    if not behind:
        return []
    trial = Bisection(sorted(behind, key=lambda ref: not _carries(mesh, ref)))
    questions = iter(range(_QUESTIONS))
    while not trial.over and next(questions, None) is not None:
        without, _ = assemble(mesh, dict.fromkeys(trial.withheld))
        if _reason(entry, compile_resource(without, entry.view, *entry.need)):
            trial.refused()
        else:
            trial.accepted()
    return trial.culprits


def _carries(mesh: Mesh, ref: ObjectRef) -> bool:
    """Whether others have their effect through it, so that leaving it out would clear them."""
    fragments = mesh.contributions[ref].fragments
    return any(isinstance(each, Service | Gateway) for each in fragments)
