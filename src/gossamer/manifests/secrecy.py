"""Which documents hold secrets, so that nothing of their content is ever quoted.

A finding ends in the logs of a build, which many may read. Names of objects and of keys are no
secret (`kubectl describe` shows them); values are, and so is every line of a Secret's text. A text
that does not parse counts as a Secret where it looks like one: better a line too few.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MASK = "***"
"""What stands in place of a value that is not shown."""

_LIKELY = re.compile(
    r"""kind\W{0,12}([!&]\S{0,40}\s{1,4}){0,2}["'\\]{0,4}\w{0,40}secret"""
    r"""|stringData|secretGenerator|type\W{1,8}(Opaque\b|kubernetes\.io/)""",
    re.IGNORECASE,
)
_PRIVATE_FIELD = re.compile(r"last-applied-configuration|\.env\[\d+\]\.value$|(^|\.)stringData\b")


def looks_secret(text: str) -> bool:
    """Whether a text that nobody could parse may be, or hold, a Secret."""
    return _LIKELY.search(text) is not None


def holds_secret(value: Any) -> bool:
    """Whether a parsed document is or makes a Secret, or is a list with one in it."""
    if not isinstance(value, Mapping):
        return False
    if "stringData" in value or "secretGenerator" in value or is_secret_kind(value.get("kind")):
        return True
    items = value.get("items")
    return isinstance(items, tuple) and any(map(holds_secret, items))


def is_secret_kind(kind: object) -> bool:
    """Secret, SealedSecret, SecretList, and however a person misspells the case of them."""
    return isinstance(kind, str) and "secret" in kind.lower()


def is_private_field(field: str) -> bool:
    """Whether a field of any object holds what its author may want kept: a variable's value, or
    the copy of the whole object that kubectl leaves in an annotation."""
    return _PRIVATE_FIELD.search(field) is not None
