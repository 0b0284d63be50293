"""Which files of a folder hold manifests: others lie there for other programs, and are passed by.

A file that somebody names is read whatever it is, so that its author learns why it is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath

from gossamer.manifests.foreign import GROUPS
from gossamer.manifests.read import read_text
from gossamer.manifests.refusal import NOT_A_MANIFEST, TEMPLATE
from gossamer.model.finding import Finding, Severity
from gossamer.model.origin import ObjectRef, Origin
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
    """The files without those of other programs, which are reported once a folder."""
    kept: list[File] = []
    passed_by: dict[str, list[Finding]] = {}
    for file in files:
        remarks = None if _is_plain(file) else _instead(file)
        if remarks is None:
            kept.append(file)
        for finding in (remarks or ())[:1]:
            passed_by.setdefault(str(PurePath(file.name).parent), []).append(finding)
    return Sorted(tuple(kept), tuple(_summed(passed_by)))


def _is_plain(file: File) -> bool:
    """Whether a file was named, or plainly has manifests: most are not read twice for this."""
    if not file.in_folder:
        return True
    named = all(re.search(pattern, file.raw, re.MULTILINE) for pattern in _NAMED)
    return named and not _DOUBTFUL.search(file.raw)


def _instead(file: File) -> tuple[Finding, ...] | None:
    """What to say of a file instead of reading it; None where it is to be read."""
    manifests, findings = read_text(file.raw, file.name)
    if manifests or {each.code for each in findings} - {NOT_A_MANIFEST, TEMPLATE}:
        return None
    templates = tuple(each for each in findings if each.code == TEMPLATE)
    return templates or findings


def _summed(passed_by: Mapping[str, list[Finding]]) -> Iterable[Finding]:
    for folder, findings in passed_by.items():
        templates = [each for each in findings if each.code == TEMPLATE]
        if templates:
            more = len(templates) - 1
            beside = f"; so are {more} more in its folder" if more else ""
            message = templates[0].message + beside
            yield replace(templates[0], message=message, severity=Severity.WARNING)
        if others := [each for each in findings if each.code != TEMPLATE]:
            yield _of_others(folder, others)


def _of_others(folder: str, findings: list[Finding]) -> Finding:
    """One remark on the files of a folder that are no manifests."""
    words = (f"{_name(each)} is {each.message.removeprefix('this is ')}" for each in findings)
    remedies = dict.fromkeys(each.remedy for each in findings)
    return Finding(
        Origin(ObjectRef("Folder", "", folder), folder),
        "; ".join(words),
        "these files are not manifests, and are skipped",
        ". ".join(remedy.replace("FOLDER", folder) for remedy in remedies),
        NOT_A_MANIFEST,
        Severity.INFO,
    )


def _name(finding: Finding) -> str:
    return PurePath(finding.origin.file or "").name
