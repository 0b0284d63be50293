"""A file's text into its manifests and the findings about what could not be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gossamer.manifests.build import build
from gossamer.manifests.caps import CAPS, Caps
from gossamer.manifests.envelope import manifest_of
from gossamer.manifests.manifest import Manifest, Source
from gossamer.manifests.refusal import Refused, file_refusal, refusal
from gossamer.manifests.split import Part, check_text, decode, split
from gossamer.manifests.unfold import is_list, text_of, unfold
from gossamer.model.finding import Finding


def read(
    text: bytes | str, file: str, caps: Caps = CAPS, first_line: int = 1
) -> tuple[tuple[Manifest, ...], tuple[Finding, ...]]:
    """All objects of a YAML or JSON file, lists unfolded, in their written order.

    A document that cannot be read is a finding and rejects only itself. `first_line` is where
    the text starts in `file`, for a single document kept apart from its file.
    """
    manifests: list[Manifest] = []
    findings: list[Finding] = []
    try:
        for number, part in enumerate(split(decode(text, caps), caps, first_line)):
            manifests.extend(_read_part(part, file, number, caps, findings))
    except Refused as refused:
        return (), (file_refusal(refused, file),)
    return tuple(manifests), tuple(findings)


def _read_part(
    part: Part, file: str, number: int, caps: Caps, findings: list[Finding]
) -> Iterator[Manifest]:
    try:
        check_text(part, caps)
        value, lines = build(part, caps)
    except Refused as refused:
        findings.append(refusal(refused, file, number, part.text))
        return
    if value is not None:
        source = Source(file, number, lines, part.line)
        yield from _objects(value, source, part.text.rstrip() + "\n", findings)


def _objects(value: Any, source: Source, text: str, findings: list[Finding]) -> Iterator[Manifest]:
    """The manifests in one value: itself, or the items of a list, each rejected by itself."""
    if isinstance(value, Mapping) and is_list(value):
        for item, lines in unfold(value, source.lines):
            line = lines if isinstance(lines, int) else lines[0]
            place = Source(source.file, source.document, lines, line)
            yield from _objects(item, place, text_of(item, lines), findings)
        return
    try:
        manifest = manifest_of(_mapping(value, source), source, text, findings)
    except Refused as refused:
        findings.append(refusal(refused, source.file, source.document, text))
        return
    if manifest is not None:
        yield manifest


def _mapping(value: Any, source: Source) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    noun = "a list" if isinstance(value, tuple) else f"the text {str(value)[:40]!r}"
    raise Refused(
        source.line() or 0,
        "wrong-type",
        f"the document is {noun}, not a mapping",
        "Write an object with apiVersion, kind and metadata",
    )
