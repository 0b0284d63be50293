"""Which files of a folder hold manifests: others lie there for other programs, and are passed by.

A file that somebody names is read whatever it is, so that its author is told why it is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath

from gossamer.manifests.foreign import GROUPS
from gossamer.manifests.read import read
from gossamer.manifests.refusal import NOT_A_MANIFEST, TEMPLATE
from gossamer.model.finding import Finding, Severity
from gossamer.store.paths import File

_NAMED = (rb"^\s*\"?apiVersion\"?\s*:", rb"^\s*\"?kind\"?\s*:")
_DOUBTFUL = re.compile(
    rb"\{\{|\bConfig\b|" + b"|".join(re.escape(group).encode() for group in GROUPS)
)


@dataclass(frozen=True, slots=True)
class Sorted:
    """The files to read as manifests, and what there is to say of those that are passed by."""

    manifests: tuple[File, ...]
    findings: tuple[Finding, ...]


def manifest_files(files: Iterable[File]) -> Sorted:
    """The files without those of other programs; the templates of each folder are told once."""
    kept: list[File] = []
    templates: dict[str, list[Finding]] = {}
    for file in files:
        told = None if _is_plain(file) else _instead(file)
        if told is None:
            kept.append(file)
        for finding in told or ():
            templates.setdefault(str(PurePath(file.name).parent), []).append(finding)
    return Sorted(tuple(kept), tuple(_summed(templates)))


def _is_plain(file: File) -> bool:
    """Whether a file was named, or plainly has manifests: most are not read twice for this."""
    if not file.found:
        return True
    named = all(re.search(pattern, file.raw, re.MULTILINE) for pattern in _NAMED)
    return named and not _DOUBTFUL.search(file.raw)


def _instead(file: File) -> tuple[Finding, ...] | None:
    """What to say of a file instead of reading it; None where it is to be read."""
    manifests, findings = read(file.raw, file.name)
    if manifests or {each.code for each in findings} - {NOT_A_MANIFEST, TEMPLATE}:
        return None
    return tuple(each for each in findings if each.code == TEMPLATE)


def _summed(templates: Mapping[str, list[Finding]]) -> Iterable[Finding]:
    for found in templates.values():
        more = len(found) - 1
        beside = f"; so are {more} more in its folder" if more else ""
        yield replace(found[0], message=found[0].message + beside, severity=Severity.WARNING)
