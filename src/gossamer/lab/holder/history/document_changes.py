"""What an apply or delete changed of the objects that a lab reads, as events."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.lab.plan.documents import LabDocument, LabDocuments
from gossamer.model.origin import ObjectRef

DocumentEvent = tuple[ObjectRef, str, str]
"""What it is about, its reason, its message."""


def document_changes(before: LabDocuments, after: LabDocuments) -> Iterator[DocumentEvent]:
    """An event for each object that was created, configured or deleted."""
    for document in after:
        old = before.get(document.kind, document.namespace, document.name)
        if old is None:
            yield _ref(document), "Created", f"Created from {_place(document)}"
        elif old.body != document.body:
            yield _ref(document), "Configured", f"Configured from {_place(document)}"
    for document in before:
        if after.get(document.kind, document.namespace, document.name) is None:
            yield _ref(document), "Deleted", "Deleted"


def _ref(document: LabDocument) -> ObjectRef:
    """Without its group, as events of pods name their owners."""
    return ObjectRef(document.kind, document.namespace, document.name)


def _place(document: LabDocument) -> str:
    origin = document.origin()
    return f"{origin.file}:{origin.line}" if origin.line else str(origin.file)
