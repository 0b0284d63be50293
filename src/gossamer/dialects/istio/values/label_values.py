"""Labels that a field asks for, with what no object could bear reported."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted, quoted

_WORD = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_VALUE = re.compile(rf"({_WORD})?")
_KEY = re.compile(rf"([a-z0-9][-a-z0-9.]{{0,252}}/)?{_WORD}")


def read_labels(stanza: Fields, name: str) -> Mapping[str, str]:
    """The labels of a field; a key or value that Kubernetes forbids is reported."""
    labels = stanza.string_map(name)
    for key, value in labels.items():
        if not _KEY.fullmatch(key) or not _VALUE.fullmatch(value):
            _tell(stanza, name, key, value)
    return labels


def _tell(stanza: Fields, name: str, key: str, value: str) -> None:
    stanza.report(
        f"{dotted((*stanza.path, name, key))} is {quoted(value)}, which is not a valid label",
        "no object can have this label",
        "Use letters, digits, -, _ and ., at most 63 of them",
        field=(name, key),
        code="invalid-name",
    )
