"""The documents that there would be if files were applied: the present ones, and theirs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gossamer.cli.reading import FilesRead, read_all
from gossamer.lab.plan.documents import READ
from gossamer.manifests.manifest import Manifest, plain
from gossamer.model.finding import Severity
from gossamer.model.origin import ObjectRef
from gossamer.store.paths import File

Document = Mapping[str, Any]


def next_documents(now: Iterable[Document], files: Iterable[File]) -> list[Document]:
    """The documents of `now` as `GET /v1/documents` tells them, with those of the files.

    An object that would be refused keeps the text that it has.
    """
    read = read_all(files)
    refused = _refused(read)
    taken = [_document(m) for m in read.manifests if m.kind in READ and m.ref not in refused]
    return list({_key(each): each for each in (*now, *taken)}.values())


def _refused(read: FilesRead) -> set[ObjectRef]:
    """The objects of which nothing is taken."""
    errors = {f.origin.object for f in read.findings if f.severity is Severity.ERROR}
    return errors - {each.object for each in read.contributions}


def _document(manifest: Manifest) -> Document:
    return {
        "kind": manifest.kind,
        "api_version": manifest.api_version,
        "namespace": manifest.namespace,
        "name": manifest.name,
        "body": plain(manifest.body),
        "file": manifest.source.file,
        "line": None,
        "created": "",
    }


def _key(document: Document) -> tuple[str, ...]:
    group = str(document["api_version"]).rpartition("/")[0]
    return group, *(str(document[name]) for name in ("kind", "namespace", "name"))
