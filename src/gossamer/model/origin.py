"""Where a value came from: the object, its file and line, and its revision.

Origins live beside the values, never inside them, so a moved line changes no value
and pushes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class ObjectRef:
    """One object as people name it: `Kind ns/name`, or `Kind name` where it has no namespace.

    `group` is the API group (`networking.istio.io`, empty for core), which tells apart kinds
    of one name.
    """

    kind: str
    namespace: str
    name: str
    group: str = ""

    def __str__(self) -> str:
        if not self.namespace:
            return f"{self.kind} {self.name}"
        return f"{self.kind} {self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Origin:
    """The place in a document that a value was read from.

    `line` counts from 1 and is None where the text is not at hand (an object out of an API).
    `field` is a dotted path such as `spec.http[0].fault`.
    """

    object: ObjectRef
    file: str | None = None
    line: int | None = None
    field: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line is not None else self.file or "(no file)"
        return f"{place} {self.object} {self.field}".rstrip()
