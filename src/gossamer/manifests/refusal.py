"""Why a document is refused as a whole, and the finding that tells its author."""

from __future__ import annotations

import re

from gossamer.manifests.secrecy import MASK, looks_secret
from gossamer.model.finding import Finding
from gossamer.model.origin import ObjectRef, Origin

_KIND = re.compile(r"""^[ \t{,"]*kind"?\s*:\s*["']?([A-Za-z][A-Za-z0-9]{0,62})\b""", re.MULTILINE)
_NAME = re.compile(r"""\bname"?\s*:\s*["']?([A-Za-z0-9][-\w.]{0,252})""")
_NAMESPACE = re.compile(r"""\bnamespace"?\s*:\s*["']?([a-z0-9][-a-z0-9]{0,62})""")
NOT_A_MANIFEST = "not-a-manifest"
TEMPLATE = "helm-template"
_METADATA_OF_SECRET = re.compile(
    r"^metadata:[ \t]*(\{[^{}\n]{0,600}\}|(\n[ \t]+[^\n]{0,300}){1,20})", re.MULTILINE
)
_HEAD = 2_000  # characters after `metadata` in which its names are looked for


class DocumentRefused(ValueError):
    """A document cannot be read. `line` counts from 1 in its file.

    What the author wrote stands in `quotes`, and `{}` for each of them in the message, so that
    the remark on a Secret can leave it out.
    """

    def __init__(
        self, line: int, code: str, message: str, remedy: str, quotes: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.line, self.code, self.remedy = line, code, remedy
        self._message, self._quotes = message, quotes

    @property
    def message(self) -> str:
        """What is wrong, in the author's own words where it quotes them."""
        return self._message.format(*self._quotes) if self._quotes else self._message

    @property
    def masked(self) -> str:
        """The same without a word of the author's."""
        if not self._quotes:
            return self._message
        return self._message.format(*(MASK for _ in self._quotes))


def refusal(refused: DocumentRefused, file: str, number: int, text: str) -> Finding:
    """The finding for one refused document; the other documents of the file are read."""
    return Finding(
        Origin(guess_object(text, number), file, refused.line),
        refused.masked if looks_secret(text) else refused.message,
        "this document is ignored; the file's other documents are read",
        refused.remedy,
        refused.code,
    )


def file_refusal(refused: DocumentRefused, file: str) -> Finding:
    """The finding for a file of which nothing is read."""
    return Finding(
        Origin(ObjectRef("File", "", file), file, refused.line),
        refused.message,
        "nothing of this file is read",
        refused.remedy,
        refused.code,
    )


def template(file: str, line: int) -> Finding:
    """The one finding on a file that Helm has not filled in yet."""
    return Finding(
        Origin(ObjectRef("File", "", file), file, line),
        "this is a template of a Helm chart, which is not a manifest before Helm has filled it in",
        "its templates are not read",
        "Give the manifests that the chart renders: helm template NAME CHART",
        "helm-template",
    )


def guess_object(text: str, number: int) -> ObjectRef:
    """The likely name of an object whose text does not parse, else its number in the file."""
    kind = _KIND.search(text)
    head = _head(text)
    name, namespace = _NAME.search(head), _NAMESPACE.search(head)
    return ObjectRef(
        kind[1] if kind else "Document",
        namespace[1] if namespace and name else "",
        name[1] if name else f"#{number + 1}",
    )


def _head(text: str) -> str:
    """Where an object's names are looked for; in a Secret never among its values."""
    if looks_secret(text):
        own = _METADATA_OF_SECRET.search(text)
        return own[0] if own else ""
    at = text.find("metadata")
    return text[at : at + _HEAD] if at >= 0 else ""
