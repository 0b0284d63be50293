"""LabDocuments as the plane's HTTP API returns them, and a way to read them that cannot fail.

The plane has checked every document before; what is ill-typed here is simply absent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gossamer.manifests.manifest import Manifest, Path, Source, plain
from gossamer.model.finding import Finding, Severity
from gossamer.model.origin import ObjectRef, Origin

READ = (
    "ConfigMap",
    "CronJob",
    "DaemonSet",
    "Deployment",
    "Gateway",
    "HorizontalPodAutoscaler",
    "Ingress",
    "Job",
    "Namespace",
    "PersistentVolumeClaim",
    "Pod",
    "ReplicaSet",
    "ReplicationController",
    "Secret",
    "Service",
    "ServiceAccount",
    "ServiceEntry",
    "StatefulSet",
)
"""The kinds that decide what runs in a lab and where; no other changes concern it."""


@dataclass(frozen=True, slots=True)
class LabDocument:
    """One object that people declared; `body` is the whole of it, with its metadata.

    `source` is there where the object was read from a file here, not from the plane.
    """

    kind: str
    api_version: str
    namespace: str
    name: str
    body: Mapping[str, Any]
    file: str | None = None
    line: int | None = None
    source: Source | None = field(default=None, compare=False)

    @classmethod
    def of(cls, manifest: Manifest) -> LabDocument:
        """A manifest that was read from a file: its findings know their lines."""
        return cls(
            manifest.kind,
            manifest.api_version,
            manifest.namespace,
            manifest.name,
            plain(manifest.body),
            manifest.source.file,
            manifest.source.line(),
            manifest.source,
        )

    @property
    def group(self) -> str:
        """The API group, empty for the core kinds."""
        return self.api_version.rpartition("/")[0]

    @property
    def root(self) -> Stanza:
        return Stanza(self, "", self.body)

    def origin(self, field: str = "") -> Origin:
        ref = ObjectRef(self.kind, self.namespace, self.name, self.group)
        file, line = self.source.place(_steps(field)) if self.source else (self.file, self.line)
        return Origin(ref, file, line, field)


def _steps(field: str) -> Path:
    """A dotted path as the steps of one."""
    steps = re.findall(r"\[(\d+)\]|([^.\[]+)", field)
    return tuple(int(index) if index else name for index, name in steps)


@dataclass(frozen=True, slots=True)
class Stanza:
    """A mapping inside a document together with its dotted path."""

    document: LabDocument
    path: str
    value: Mapping[str, Any]

    def field(self, key: str) -> str:
        """The dotted path of `key` in this stanza."""
        return f"{self.path}.{key}" if self.path else key

    def has(self, key: str) -> bool:
        return self.value.get(key) is not None

    def text(self, key: str, default: str = "") -> str:
        """A string, or a number written as one."""
        value = self.value.get(key)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return default
        return str(value)

    def number(self, key: str, default: int) -> int:
        value = self.value.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else default

    def truth(self, key: str) -> bool:
        return self.value.get(key) is True

    def child(self, key: str) -> Stanza:
        """The mapping under `key`, empty when there is none."""
        value = self.value.get(key)
        return Stanza(self.document, self.field(key), value if isinstance(value, Mapping) else {})

    def children(self, key: str) -> tuple[Stanza, ...]:
        """The mappings in the list under `key`."""
        return tuple(
            Stanza(self.document, f"{self.field(key)}[{index}]", item)
            for index, item in enumerate(self._items(key))
            if isinstance(item, Mapping)
        )

    def texts(self, key: str) -> tuple[str, ...]:
        return tuple(str(item) for item in self._items(key) if isinstance(item, str | int | float))

    def pairs(self, key: str) -> dict[str, str]:
        """A mapping of strings, as labels and annotations are."""
        stanza = self.child(key)
        return {str(name): stanza.text(name) for name in sorted(stanza.value)}

    def _items(self, key: str) -> list[Any]:
        value = self.value.get(key)
        return value if isinstance(value, list) else []

    def finding(
        self,
        field: str,
        message: str,
        effect: str,
        remedy: str,
        code: str,
        severity: Severity = Severity.ERROR,
    ) -> Finding:
        """A remark on `field` of this stanza (the stanza itself where it is empty)."""
        path = self.field(field) if field else self.path
        return Finding(self.document.origin(path), message, effect, remedy, code, severity)


class LabDocuments:
    """All documents of a lab, found by kind and by name."""

    def __init__(self, documents: Iterable[LabDocument]) -> None:
        ordered = sorted(documents, key=lambda each: (each.kind, each.namespace, each.name))
        self._all = tuple(ordered)
        self._by_name = {(each.kind, each.namespace, each.name): each for each in reversed(ordered)}

    def __iter__(self) -> Iterator[LabDocument]:
        return iter(self._all)

    def of(self, *kinds: str) -> tuple[LabDocument, ...]:
        """Every document of these kinds, by kind, namespace and name."""
        return tuple(each for each in self._all if each.kind in kinds)

    def get(self, kind: str, namespace: str, name: str) -> LabDocument | None:
        return self._by_name.get((kind, namespace, name))
