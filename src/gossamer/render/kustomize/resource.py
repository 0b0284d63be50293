"""One object on its way through overlays, with the names that it had before."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

from gossamer.manifests.scope import is_cluster_scoped
from gossamer.render.kustomize.node import FieldNode, created, placed


@dataclass(frozen=True, slots=True)
class ResourceName:
    """A namespace ("" where none is set) and a name."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class KustomizedObject:
    """An object, its former names, and whether a hash of its content belongs in its name.

    `behavior` is that of the generator that made it, empty for what was read.
    """

    body: FieldNode
    former: tuple[ResourceName, ...] = ()
    hashed: bool = False
    behavior: str = ""

    @property
    def kind(self) -> str:
        return self.body.text_at("kind")

    @property
    def group(self) -> str:
        return self.body.text_at("apiVersion").rpartition("/")[0]

    @property
    def version(self) -> str:
        return self.body.text_at("apiVersion").rpartition("/")[2]

    @property
    def name(self) -> str:
        return self.body.text_at("metadata", "name")

    @property
    def namespace(self) -> str:
        return self.body.text_at("metadata", "namespace")

    @property
    def current(self) -> ResourceName:
        return ResourceName(self.namespace, self.name)

    @property
    def names(self) -> tuple[ResourceName, ...]:
        """All names that it has or had, the present one last."""
        return (*self.former, self.current)

    @property
    def is_cluster_scoped(self) -> bool:
        return is_cluster_scoped(self.group, self.kind)

    def changed(self, body: FieldNode) -> KustomizedObject:
        """With another body; the name that it had is remembered."""
        after = replace(self, body=body)
        if after.current == self.current:
            return after
        return replace(after, former=(*self.former, self.current))

    def renamed(self, name: str) -> KustomizedObject:
        """With another name, written where the old one was."""
        old = self.body.at("metadata", "name")
        place = old.place if old else self.body.place
        return self.changed(created(self.body, ("metadata", "name"), placed(name, place)))

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


Resources: TypeAlias = tuple[KustomizedObject, ...]


def each_changed(
    resources: Iterable[KustomizedObject], edit: Callable[[KustomizedObject], FieldNode]
) -> Resources:
    """All resources, each with the body that `edit` makes."""
    return tuple(each.changed(edit(each)) for each in resources)
