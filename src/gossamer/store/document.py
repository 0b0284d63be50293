"""What a store holds, and the changes that go in and come out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeAlias

from gossamer.manifests.created import microseconds
from gossamer.manifests.manifest import Manifest

ABSENT = 0
"""The expected revision of a document that must not exist yet."""


EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True, order=True)
class DocumentKey:
    """A document's name: `networking.istio.io/VirtualService` (core kinds: `Service`), ns, name.

    The namespace is "" for kinds that have none.
    """

    group_kind: str
    namespace: str
    name: str

    @property
    def kind(self) -> str:
        """The kind without its group."""
        return self.group_kind.rpartition("/")[2]

    def __str__(self) -> str:
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {place}"


@dataclass(frozen=True, slots=True)
class Document:
    """One object's own text, where its author wrote it, and when the store took it.

    `body` is UTF-8 YAML from line `line` of `file` on. The store sets the last three: `revision`
    is that of the last change; the creation stays, and all documents created in one batch share
    the batch's first revision, so that their order in the batch makes none of them older.
    """

    key: DocumentKey
    body: bytes
    file: str
    line: int = 1
    created_revision: int = ABSENT
    revision: int = ABSENT
    created_at: datetime = EPOCH

    @property
    def age(self) -> int:
        """Microseconds since 1970 at its creation; revisions part what one tick holds."""
        return microseconds(self.created_at) + self.created_revision


@dataclass(frozen=True, slots=True)
class Put:
    """Write a document; with `expected`, only if that is its present revision (ABSENT: none)."""

    document: Document
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a document; with `expected`, only if that is its present revision."""

    key: DocumentKey
    expected: int | None = None


Change: TypeAlias = Put | Delete


class WriteOutcome(StrEnum):
    """What a change did. Equal documents are unchanged and make no new revision."""

    CREATED = "created"
    CONFIGURED = "configured"
    UNCHANGED = "unchanged"
    DELETED = "deleted"
    NOT_FOUND = "not found"


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The store's revision after a batch, and what each change of it did, in order."""

    revision: int
    outcomes: tuple[WriteOutcome, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """All documents asked for, in the order of their keys, as they were at `revision`."""

    revision: int
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """A document as it is since `revision`; None when it was deleted then."""

    revision: int
    key: DocumentKey
    document: Document | None


def document_of(manifest: Manifest) -> Document:
    """The document that holds a manifest; `read` with its line gives the manifest back."""
    return Document(
        DocumentKey(manifest.group_kind, manifest.namespace, manifest.name),
        manifest.text.encode(),
        manifest.source.file,
        manifest.source.first_line,
    )


def select(
    documents: tuple[Document, ...], kind: str | None, namespace: str | None, name: str | None
) -> tuple[Document, ...]:
    """The documents of a kind (with or without its group), a namespace, a name; None is any."""
    return tuple(
        document
        for document in documents
        if (kind is None or kind in (document.key.kind, document.key.group_kind))
        and (namespace is None or namespace == document.key.namespace)
        and (name is None or name == document.key.name)
    )
