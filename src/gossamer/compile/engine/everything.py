"""All that the proxies of a mesh could come to hold, each resource once for those who share it.

What costs most to miss comes first: a walk that ends early has seen the outbound sides and the
gateways, then the inbound sides, and last what further namespaces get of the same hosts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from gossamer.compile.engine.closure import names_at
from gossamer.compile.engine.compiled import Compiled, Need
from gossamer.compile.engine.compiler import compile_resource
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import ClientView, InboundView, View, Views, views_of
from gossamer.model.mesh import Mesh
from gossamer.model.workload.pod import Pod


@dataclass(frozen=True, slots=True)
class Made:
    """A resource as those proxies get it that have this view."""

    view: View
    need: Need
    compiled: Compiled


def everything(mesh: Mesh, pods: Iterable[Pod]) -> Iterator[Made]:
    """Each resource of each view, made when it is asked for."""
    seen: set[tuple[View, ResourceType, str]] = set()
    for side, views in _sides(mesh, pods):
        waiting = list(names_at(mesh, side))
        while waiting:
            kind, name = waiting.pop()
            view = views.of(kind, name)
            if (view, kind, name) not in seen:
                seen.add((view, kind, name))
                compiled = compile_resource(mesh, view, kind, name)
                waiting += compiled.needs
                yield Made(view, (kind, name), compiled)


def _sides(mesh: Mesh, pods: Iterable[Pod]) -> Iterator[tuple[View, Views]]:
    """Each side once, then the same sides again for callers who may get other virtual hosts."""
    first: dict[View, Views] = {}
    again: dict[tuple[View, ClientView], Views] = {}
    for pod in pods:
        views = views_of(mesh, pod)
        for side in views.sides():
            if first.setdefault(side, views).caller != views.caller:
                again.setdefault((side, views.caller), views)
    ranked = sorted(first.items(), key=lambda pair: isinstance(pair[0], InboundView))
    yield from chain(ranked, ((side, views) for (side, _), views in again.items()))
