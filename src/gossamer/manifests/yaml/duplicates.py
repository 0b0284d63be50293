"""Objects that are declared twice in what was read together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gossamer.manifests.manifest import Manifest
from gossamer.model.finding import Finding, Severity
from gossamer.model.origin import ObjectRef


def duplicates(manifests: Iterable[Manifest]) -> Iterator[Finding]:
    """A finding for each object that a later one of its name replaces; equal ones are no news."""
    seen: dict[ObjectRef, Manifest] = {}
    for manifest in manifests:
        former = seen.get(manifest.ref)
        if former is not None and former.body != manifest.body:
            yield _replaced(former, manifest)
            yield _replacing(former, manifest)
        seen[manifest.ref] = manifest


def _replacing(former: Manifest, later: Manifest) -> Finding:
    return Finding(
        later.origin(),
        f"{later.ref} is also declared in {former.source.file}, line {former.source.line()}",
        "the last one is used, which is this one",
        "Rename one of them, or remove it",
        "duplicate-object",
        Severity.WARNING,
    )


def _replaced(former: Manifest, later: Manifest) -> Finding:
    return Finding(
        former.origin(),
        f"{former.ref} is declared again in {later.source.file}, line {later.source.line()}",
        "the last one is used, this one is not",
        "Rename one of them, or remove it",
        "duplicate-object",
        Severity.WARNING,
    )
