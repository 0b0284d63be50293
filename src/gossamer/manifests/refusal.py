"""Why a document is refused as a whole, and the finding that tells its author."""

from __future__ import annotations

import re

from gossamer.model.finding import Finding
from gossamer.model.origin import ObjectRef, Origin

_KIND = re.compile(r"""^[ \t{,"]*kind"?\s*:\s*["']?([A-Za-z][A-Za-z0-9]{0,62})\b""", re.MULTILINE)
_NAME = re.compile(r"""\bname"?\s*:\s*["']?([A-Za-z0-9][-\w.]{0,252})""")
_NAMESPACE = re.compile(r"""\bnamespace"?\s*:\s*["']?([a-z0-9][-a-z0-9]{0,62})""")
NOT_A_MANIFEST = "not-a-manifest"
TEMPLATE = "helm-template"
_HEAD = 2_000  # characters after `metadata` in which its names are looked for


class Refused(ValueError):
    """A document cannot be read. `line` counts from 1 in its file."""

    def __init__(self, line: int, code: str, message: str, remedy: str) -> None:
        super().__init__(message)
        self.line, self.code, self.message, self.remedy = line, code, message, remedy


def refusal(refused: Refused, file: str, number: int, text: str) -> Finding:
    """The finding for one refused document; the other documents of the file are read."""
    return Finding(
        Origin(guess_object(text, number), file, refused.line),
        refused.message,
        "this document is ignored; the file's other documents are read",
        refused.remedy,
        refused.code,
    )


def file_refusal(refused: Refused, file: str) -> Finding:
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
    at = text.find("metadata")
    head = text[at : at + _HEAD] if at >= 0 else ""
    name, namespace = _NAME.search(head), _NAMESPACE.search(head)
    return ObjectRef(
        kind[1] if kind else "Document",
        namespace[1] if namespace and name else "",
        name[1] if name else f"#{number + 1}",
    )
