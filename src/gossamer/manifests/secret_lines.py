"""Which lines of a file stand in a document that is, holds or may be a Secret."""

from __future__ import annotations

from gossamer.manifests.refusal import DocumentRefused
from gossamer.manifests.secrecy import holds_secret, looks_secret
from gossamer.manifests.yaml.caps import CAPS
from gossamer.manifests.yaml.parse import parse
from gossamer.manifests.yaml.split import DocumentText, decode, split


def secret_lines(raw: bytes) -> tuple[range, ...]:
    """The ranges of lines, counted from 1, that are not to be shown.

    A whole document is hidden, not only its values: what is broken may have its values anywhere.
    The line that ends it is hidden too, for a marker may carry text.
    """
    try:
        parts = tuple(split(decode(raw, CAPS), CAPS))
    except DocumentRefused:
        return (range(1, raw.count(b"\n") + 3),)
    return tuple(_lines_of(part) for part in parts if _is_secret(part))


def _lines_of(part: DocumentText) -> range:
    return range(part.line - 1, part.line + part.text.count("\n") + 1)


def _is_secret(part: DocumentText) -> bool:
    if not looks_secret(part.text) and "\\" not in part.text and "*" not in part.text:
        return False  # by far the most documents: none of the ways to write the kind is in them
    try:
        value, _ = parse(part)
    except DocumentRefused:
        return looks_secret(part.text)
    return holds_secret(value)
