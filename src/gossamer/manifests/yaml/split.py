"""A file's bytes into the text of its documents, so that one broken one spoils no other.

A line that starts with `---` or `...` ends a document wherever it stands, block scalars
included, so cutting there needs no parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

from gossamer.manifests.refusal import DocumentRefused
from gossamer.manifests.yaml.caps import Caps

_MARKER = re.compile(r"^(---|\.\.\.)(?=[\s]|$)", re.MULTILINE)
_SUBSTANCE = re.compile(r"^[ \t]*[^\s#%]", re.MULTILINE)
_BARE_MARKER = re.compile(r"(---|\.\.\.)[ \t]*(\n|$)")
_UNPRINTABLE = re.compile("[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKS = {
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}


@dataclass(frozen=True, slots=True)
class DocumentText:
    """The text of one document without its marker; `line` is the file's line it starts on."""

    text: str
    line: int


def decode(raw: bytes | str, caps: Caps) -> str:
    """The file's text with plain newlines; bytes that are no UTF-8 become lone surrogates."""
    size = len(raw) if isinstance(raw, bytes) else len(raw.encode("utf-8", "surrogatepass"))
    if size > caps.file_bytes:
        raise DocumentRefused(
            1,
            "too-large",
            f"the file has {size} bytes, more than the {caps.file_bytes} that are read",
            "Split it into several files",
        )
    text = raw if isinstance(raw, str) else _decode(raw)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub("^\ufeff", "", text, flags=re.MULTILINE)


def _decode(raw: bytes) -> str:
    for mark, encoding in _MARKS.items():
        if raw.startswith(mark):
            raise DocumentRefused(
                1,
                "not-utf8",
                f"the file is encoded in {encoding}",
                "Save it as UTF-8, which is what Kubernetes reads",
            )
    return raw.decode("utf-8", "surrogateescape")


def split(text: str, caps: Caps, first_line: int = 1) -> Iterator[DocumentText]:
    """The documents of the text in order, without empty ones; DocumentRefused on too many."""
    markers = [match.start() for match in islice(_MARKER.finditer(text), caps.markers + 1)]
    if len(markers) > caps.markers:
        raise DocumentRefused(
            first_line,
            "too-large",
            f"the file has more than {caps.markers} lines of --- or ...",
            "Remove those with nothing between them",
        )
    starts = [0, *markers, len(text)]
    line, count = first_line, 0
    for start, end in pairwise(starts):
        marker = _BARE_MARKER.match(text, start, end)
        part = DocumentText(
            text[marker.end() if marker else start : end], line + (marker is not None)
        )
        if _SUBSTANCE.search(part.text):
            count += 1
            if count > caps.documents:
                raise DocumentRefused(
                    line,
                    "too-large",
                    f"the file has more than {caps.documents} documents",
                    "Split it into several files",
                )
            yield part
        line += text.count("\n", start, end)


def check_text(part: DocumentText, caps: Caps) -> None:
    """Raises DocumentRefused for a part that is too long or has characters that are no text."""
    if len(part.text) > caps.document_characters:
        raise DocumentRefused(
            part.line,
            "too-large",
            f"the document has {len(part.text)} characters, more than the "
            f"{caps.document_characters} that are read",
            "Make it smaller; Kubernetes would not store it either",
        )
    if bad := _UNPRINTABLE.search(part.text):
        line = part.line + part.text.count("\n", 0, bad.start())
        raise DocumentRefused(line, "not-utf8", _name_of(bad[0]), "Save the file as UTF-8 text")


def _name_of(character: str) -> str:
    code = ord(character)
    if character == "\0":
        return "there is a NUL byte in the text"
    if 0xDC80 <= code <= 0xDCFF:
        return f"the byte 0x{code - 0xDC00:02x} is not UTF-8"
    return f"there is a character U+{code:04X}, which YAML does not allow, in the text"
