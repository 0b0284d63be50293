"""The declared objects that a question or a deletion names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gossamer.manifests.manifest import plain
from gossamer.plane.api.facade import RequestRefused
from gossamer.plane.api.shapes import DocumentShape, ObjectName
from gossamer.plane.documents import Kinds
from gossamer.plane.pipeline import ReadDocument
from gossamer.store.document import DocumentKey

Held = Mapping[DocumentKey, ReadDocument]


def keys_named(held: Iterable[DocumentKey], name: ObjectName) -> list[DocumentKey]:
    """Those of one kind and name. Raises RequestRefused(404) where there are none."""
    kind = name.kind.lower()
    keys = [
        key
        for key in held
        if kind in (key.kind.lower(), key.group_kind.lower())
        and key.namespace in (name.namespace, "")
        and key.name == name.name
    ]
    if not keys:
        place = f"{name.namespace}/{name.name}" if name.namespace else name.name
        raise RequestRefused(
            404,
            f"there is no {name.kind} {place}, so nothing was deleted; "
            f"`gossamer get {name.kind} -A` lists those that are",
        )
    return keys


def documents_named(
    held: Held, kinds: Kinds, namespace: str | None, name: str | None
) -> list[DocumentShape]:
    """Those that match, in the order of their keys; None matches all."""
    documents = [
        document_shape(document)
        for key, document in sorted(held.items())
        if (kinds is None or key.kind in kinds or key.group_kind in kinds)
        and namespace in (None, key.namespace)
        and name in (None, key.name)
    ]
    return [each for each in documents if each is not None]


def document_shape(held: ReadDocument) -> DocumentShape | None:
    """The object with its body; None for a text that cannot be read."""
    manifest = held.manifest
    if manifest is None:
        return None
    return DocumentShape(
        kind=manifest.kind,
        api_version=manifest.api_version,
        namespace=manifest.namespace,
        name=manifest.name,
        file=manifest.source.file,
        line=manifest.source.line(),
        body=plain(manifest.body),
        created=held.document.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
