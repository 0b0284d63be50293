"""Changing a request's path and authority on its way to the backend."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class Replace(StrEnum):
    """What part of the path a new value stands for.

    PREFIX is the matched prefix as text (Istio), PATH_PREFIX the matched segments (Gateway
    API), FULL the whole path, REGEX what a pattern matches.
    """

    PREFIX = "prefix"
    PATH_PREFIX = "path-prefix"
    FULL = "full"
    REGEX = "regex"


@dataclass(frozen=True, slots=True)
class PathRewrite:
    """A new path, or part of one; `pattern` only with REGEX (RE2, `value` may hold \\1)."""

    replace: Replace
    value: str
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A new path, a new authority, or both."""

    WORD: ClassVar[str] = "rewrite"

    path: PathRewrite | None = None
    authority: str | None = None
