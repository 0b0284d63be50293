"""A file's text into its manifests and the findings about what could not be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gossamer.manifests.envelope import manifest_of
from gossamer.manifests.foreign import foreign, is_template
from gossamer.manifests.manifest import Manifest, Source
from gossamer.manifests.origins import origins
from gossamer.manifests.refusal import TEMPLATE, DocumentRefused, file_refusal, refusal, template
from gossamer.manifests.yaml.caps import CAPS, Caps
from gossamer.manifests.yaml.parse import parse
from gossamer.manifests.yaml.split import DocumentText, decode, split
from gossamer.manifests.yaml.unfold import is_list, text_of, unfold
from gossamer.model.finding import Finding, Severity


def read_text(
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
    except DocumentRefused as refused:
        return (), (file_refusal(refused, file),)
    return tuple(manifests), tuple(findings)


def _read_part(
    part: DocumentText, file: str, number: int, caps: Caps, findings: list[Finding]
) -> Iterator[Manifest]:
    remarks: list[Finding] = []
    try:
        value, lines = parse(part, caps)
    except DocumentRefused as refused:
        remarks.append(refusal(refused, file, number, part.text))
    else:
        if value is not None:
            places = origins(part.text)
            whose = places[0][0] if places else file
            source = Source(whose, number, lines, part.line, places)
            yield from _objects(value, source, part.text.rstrip() + "\n", remarks)
    findings += _plainly(remarks, part, file, findings)


def _plainly(
    remarks: list[Finding], part: DocumentText, file: str, before: list[Finding]
) -> Iterable[Finding]:
    """What there is to say of a part; of a template one sentence, once a file."""
    if not (any(f.severity is Severity.ERROR for f in remarks) and is_template(part.text)):
        return remarks
    return () if TEMPLATE in {each.code for each in before} else (template(file, part.line),)


def _objects(value: Any, source: Source, text: str, findings: list[Finding]) -> Iterator[Manifest]:
    """The manifests in one value: itself, or the items of a list, each rejected by itself."""
    if isinstance(value, Mapping) and is_list(value):
        for item, lines in unfold(value, source.lines):
            line = lines if isinstance(lines, int) else lines[0]
            place = Source(source.file, source.document, lines, line)
            yield from _objects(item, place, text_of(item, lines), findings)
        return
    try:
        _check_ours(value, source)
        manifest = manifest_of(value, source, text, findings)
    except DocumentRefused as refused:
        findings.append(refusal(refused, source.file, source.document, text))
        return
    if manifest is not None:
        yield manifest


def _check_ours(value: Any, source: Source) -> None:
    """Raises DocumentRefused for what is no object of a cluster, nor meant to be one."""
    line, other = source.line() or 0, foreign(value, source.file)
    if not isinstance(value, Mapping):
        noun = "a list" if isinstance(value, tuple) else "plain text"
        raise DocumentRefused(
            line,
            "not-a-manifest",
            f"the document is {noun}, not a mapping",
            "Write an object with apiVersion, kind and metadata",
        )
    if other is not None:
        raise DocumentRefused(line, "not-a-manifest", f"this is {other.what}", other.remedy)
