"""What an agent gets for its host: the names of the mesh for its resolver, one resource each, and
the Rego of its open policy."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import ScopeView
from gossamer.model import tables
from gossamer.model.assembly.change import Change
from gossamer.model.assembly.service_index import ALL
from gossamer.model.ids import EVERYWHERE
from gossamer.plane.pipeline import Pipeline
from gossamer.plane.resources.view_cache import EntryId
from gossamer.xds.events import Answer, Undecided
from gossamer.xds.stream.session import OpenStreams

EVERYTHING = "*"
_LISTS = (tables.HOSTS, tables.POD_NAMES)
_SERVED = {kind.value: kind for kind in (ResourceType.NAMES, ResourceType.POLICIES)}


class HostNames:
    """One agent's stream of what is for its host."""

    def __init__(self, pipeline: Pipeline, streams: OpenStreams) -> None:
        self._pipeline = pipeline
        self._streams = streams
        self._watched: set[EntryId] = set()
        pipeline.listeners.add(self._listed)

    def get(self, type_url: str, name: str) -> Answer:
        """The addresses of a name, or all policies."""
        kind = _SERVED.get(type_url)
        if kind is None:
            return None
        wanted = EntryId(kind, ScopeView(EVERYWHERE), name)
        if wanted not in self._watched:
            self._watched.add(wanted)
            self._pipeline.catalog.watch(wanted, self._changed)
        return self._pipeline.catalog.entry(wanted).frame

    def wildcard(self, type_url: str) -> Collection[str] | Undecided:
        """Every host of the mesh, and every pod that has a name of its own."""
        if type_url != ResourceType.NAMES.value:
            return ()
        return tuple(
            name for table in _LISTS for name in self._pipeline.mesh.lookup(table, ALL) or ()
        )

    def used(self, type_url: str, names: tuple[str, ...]) -> None:
        """Nothing follows from that."""

    def acked(self, type_url: str, versions: Mapping[str, str]) -> None:
        """Nothing follows from that."""

    def rejected(self, type_url: str, name: str, version: str, message: str) -> None:
        """An agent takes every name."""

    def closed(self) -> None:
        """The agent went away."""
        self._pipeline.listeners.discard(self._listed)
        for wanted in self._watched:
            self._pipeline.catalog.unwatch(wanted, self._changed)

    def _changed(self, wanted: EntryId) -> None:
        self._streams.changed(self, {wanted.kind.value: (wanted.name,)})

    def _listed(self, touched: Change) -> None:
        if any(table.key(ALL) in touched for table in _LISTS):
            self._streams.changed(self, {ResourceType.NAMES.value: (EVERYTHING,)})
