"""A stored document as the API shows it."""

from __future__ import annotations

from gossamer.manifests.manifest import plain
from gossamer.plane.api.shapes import DocumentShape
from gossamer.plane.pipeline import ReadDocument


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
