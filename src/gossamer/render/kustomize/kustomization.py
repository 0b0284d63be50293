"""One kustomization.yaml while it is carried out: its fields, its folder, what is reported of
it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Protocol

from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Manifest, Path, Source, dotted
from gossamer.manifests.refusal import DocumentRefused, refusal
from gossamer.manifests.yaml.caps import CAPS
from gossamer.manifests.yaml.parse import parse
from gossamer.manifests.yaml.split import decode, split
from gossamer.model.finding import Finding, Severity
from gossamer.model.origin import ObjectRef, Origin
from gossamer.render.kustomize.node import FieldNode, Place, node_of

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""What the file may be called."""

API = "kustomize.config.k8s.io/v1beta1"
NOTHING_READ = "the folder cannot be rendered, and nothing of it is used, as with kustomize"
_REMOTE = re.compile(
    r"[a-z][a-z0-9+.-]*://|git@|git::|[^/]+\.(com|org|io|net|dev)/|.*[?&](ref|version)="
)
_STARTS_BLOCK = re.compile(r"[|>][-+0-9]*\s*(#.*)?$")


class FileTree(Protocol):
    """The files that a kustomization may name."""

    def read(self, path: str) -> bytes:
        """A file's bytes. Raises OSError where there is no such file that can be read."""

    def is_folder(self, path: str) -> bool:
        """Whether a folder is there."""

    def files_beside(self, path: str) -> tuple[str, ...]:
        """The files in the folder of a path."""

    def is_inside(self, path: str, folder: str) -> bool:
        """Whether a path is in the folder or below it, links followed."""


@dataclass(frozen=True, slots=True)
class Kustomization:
    """What one kustomization.yaml says. `findings` is shared by all of one rendering."""

    folder: str
    file: str
    fields: Fields
    root: FieldNode
    raw: str
    disk: FileTree
    findings: list[Finding]

    def path(self, relative: str) -> str:
        """A path as the author of a command would write it."""
        return posixpath.normpath(posixpath.join(self.folder, relative))

    def node(self, *path: str | int) -> FieldNode:
        """What the file says at a path, with its place."""
        node = self.root
        for step in path:
            node = node.value[step]
        return node

    def tell(
        self, path: Path, message: str, remedy: str, code: str = "invalid-kustomization"
    ) -> None:
        """An error on a field of the file."""
        self.findings.append(_finding(self.fields.manifest.origin(path), message, remedy, code))

    def warn(self, path: Path, message: str, effect: str, remedy: str) -> None:
        """A field that has no effect, which Kustomize passes over in silence."""
        origin = self.fields.manifest.origin(path)
        warning = Finding(origin, message, effect, remedy, "no-effect", Severity.WARNING)
        self.findings.append(warning)

    def not_supported(self, name: str, effect: str, remedy: str) -> None:
        """A field that Kustomize knows and this reader does not carry out."""
        self.fields.skip(name)
        if self.fields.has(name):
            message = f"{name} is not supported yet"
            origin = self.fields.origin_of(name)
            self.findings.append(Finding(origin, message, effect, remedy, "unsupported-field"))

    def read(self, relative: str, path: Path) -> tuple[str, bytes] | None:
        """A file that a field names; None where that is reported instead."""
        if self.is_remote(relative, path):
            return None
        name = self.path(relative)
        if not self.disk.is_inside(name, self.folder):
            self.tell(
                path,
                f"{relative} is not in or below the folder of its kustomization.yaml",
                "Move the file there, or give its folder a kustomization.yaml and name the folder",
            )
            return None
        try:
            return name, self.disk.read(name)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            near = get_close_matches(name, self.disk.files_beside(name), 1)
            remedy = f"Did you mean {near[0]}?" if near else "Check the spelling"
            self.tell(path, f"{name}: {reason}", remedy, "missing-reference")
            return None

    def is_remote(self, text: str, path: Path) -> bool:
        """Whether a path leads to another machine, which is reported: nothing is fetched."""
        if not _REMOTE.match(text) or self.disk.is_folder(self.path(text)):
            return False
        self.tell(
            path,
            f"{text} is on another machine, and Gossamer fetches nothing",
            f"Clone it and name its folder, or: kustomize build {self.folder} | "
            "gossamer COMMAND -f -",
            "remote-resource",
        )
        return True

    def nodes(self, name: str, raw: bytes, path: Path) -> Iterator[FieldNode]:
        """The documents of a YAML file; what cannot be read is reported."""
        yield from self._documents(decode(raw, CAPS), name, 1)

    def inline(self, *path: str | int) -> Iterator[FieldNode]:
        """The documents in a string of the file, at the lines that they have there."""
        node = self.node(*path)
        line = node.place[1]
        shown = self.raw.split("\n")[line - 1] if line <= self.raw.count("\n") + 1 else ""
        starts_below = _STARTS_BLOCK.search(shown) is not None
        yield from self._documents(node.text, self.file, line + starts_below)

    def _documents(self, text: str, name: str, first: int) -> Iterator[FieldNode]:
        for number, part in enumerate(split(text, CAPS, first)):
            try:
                value, lines = parse(part)
            except DocumentRefused as refused:
                self.findings.append(refusal(refused, name, number, part.text))
                continue
            if value is not None:
                yield node_of(value, lines, name)


def read_kustomization(
    folder: str, disk: FileTree, findings: list[Finding], origin: Origin | None = None
) -> Kustomization | None:
    """The folder's kustomization.yaml, or None with findings; `origin` is what names the folder."""
    named = [(name, raw) for name in NAMES if (raw := _bytes(disk, folder, name)) is not None]
    if len(named) != 1:
        what = "no kustomization.yaml" if not named else f"both {named[0][0]} and {named[1][0]}"
        if not disk.is_folder(folder):
            what = "no files: there is no such folder"
        at = origin or Origin(ObjectRef("Kustomization", "", folder), folder)
        remedy = "Name a folder that has one; files that need no rendering are given with -f"
        findings.append(
            _finding(at, f"the folder {folder} has {what}", remedy, "invalid-kustomization")
        )
        return None
    file = posixpath.normpath(posixpath.join(folder, named[0][0]))
    return _parsed(folder, file, named[0][1], disk, findings)


def _parsed(
    folder: str, file: str, raw: bytes, disk: FileTree, findings: list[Finding]
) -> Kustomization | None:
    value: Any = {}
    lines: Any = 1
    try:
        text = decode(raw, CAPS)
        for part in split(text, CAPS):
            value, lines = parse(part)
    except DocumentRefused as refused:
        findings.append(refusal(refused, file, 0, "kind: Kustomization"))
        return None
    kind = str(value.get("kind", "")) if hasattr(value, "get") else "another document"
    if kind not in ("", "Kustomization", "Component"):
        at = Origin(ObjectRef("Kustomization", "", folder), file, 1, "kind")
        remedy = "Write kind: Kustomization"
        findings.append(_finding(at, f"this is a {kind}", remedy, "invalid-kustomization"))
        return None
    source = Source(file, 0, lines)
    manifest = Manifest(API, "Kustomization", "", folder, body=value, source=source)
    fields = Fields(manifest, (), findings)
    return Kustomization(folder, file, fields, node_of(value, lines, file), text, disk, findings)


def _bytes(disk: FileTree, folder: str, name: str) -> bytes | None:
    try:
        return disk.read(posixpath.join(folder, name))
    except OSError:
        return None


def _finding(origin: Origin, message: str, remedy: str, code: str) -> Finding:
    return Finding(origin, message, NOTHING_READ, remedy, code, Severity.ERROR)


def told_at(place: Place, subject: str, message: str, remedy: str, field: Path = ()) -> Finding:
    """An error on a place of any file of a rendering, such as a patch."""
    origin = Origin(ObjectRef("Kustomization", "", subject), place[0], place[1], dotted(field))
    return _finding(origin, message, remedy, "invalid-kustomization")
