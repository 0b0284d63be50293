"""Promises as people write them, one a line.

    no SOURCE to DESTINATION [port N] [METHOD] [PATH]
    only SOURCE[,SOURCE...] to DESTINATION [port N] [METHOD] [PATH]
    SOURCE may call DESTINATION [port N] [METHOD] [PATH]

A source is a NAMESPACE, a workload NAMESPACE/NAME, an account NAMESPACE/sa/NAME, `outside` (who
comes without an identity of the mesh) or `*`; a destination is any of these but `outside`. A path
that ends in `*` is all that begin so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from gossamer.model.policies.workload.authorization import ValueCompare, ValueMatch

OUTSIDE, ANYBODY = "outside", "*"
_NAME = r"[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?"
_WHO = re.compile(rf"{_NAME}(?:/(?:sa/)?{_NAME})?")
_METHOD = re.compile(r"[A-Z][A-Z-]*")


class BadPromise(ValueError):
    """A line that is not a promise; the message says what is wrong with it."""


class PromiseKind(StrEnum):
    """What is promised of the calls from sources to destinations."""

    NO = "no"
    ONLY = "only"
    MAY = "may call"


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise. What is None may be anything; `path` is one path, or a prefix."""

    text: str
    kind: PromiseKind
    sources: tuple[str, ...]
    destination: str
    port: int | None = None
    method: str | None = None
    path: ValueMatch | None = None


def read_promise(text: str) -> Promise:
    """The promise that a line makes. Raises BadPromise."""
    words = text.split()
    if len(words) >= 4 and words[0] in ("no", "only") and words[2] == "to":
        kind, sources, destination, rest = words[0], words[1], words[3], words[4:]
    elif len(words) >= 4 and words[1:3] == ["may", "call"]:
        kind, sources, destination, rest = PromiseKind.MAY.value, words[0], words[3], words[4:]
    else:
        raise BadPromise(
            f"{text.strip()!r} is not a promise; write `no SOURCE to DESTINATION`, "
            "`only SOURCE to DESTINATION` or `SOURCE may call DESTINATION`"
        )
    parties = tuple(_party(each) for each in sources.split(","))
    if destination == OUTSIDE:
        raise BadPromise("the destination is `outside`; what leaves the mesh is not decided here")
    known = Promise(" ".join(words), PromiseKind(kind), parties, _party(destination))
    return _narrowed(known, rest)


def _party(written: str) -> str:
    if written != ANYBODY and not _WHO.fullmatch(written):
        raise BadPromise(
            f"{written!r} is not a NAMESPACE, a NAMESPACE/WORKLOAD, a NAMESPACE/sa/ACCOUNT, "
            "`outside` or `*`"
        )
    return written


def _narrowed(promise: Promise, words: list[str]) -> Promise:
    left = list(words)
    if left[:1] == ["port"]:
        number = left[1] if len(left) > 1 else ""
        if not (number.isdecimal() and 0 < int(number[:6]) <= 65535):
            raise BadPromise(f"behind `port` stands {number or 'nothing'!r}, not a port number")
        promise, left = replace(promise, port=int(number)), left[2:]
    if left and _METHOD.fullmatch(left[0]):
        promise, left = replace(promise, method=left[0]), left[1:]
    if left and left[0].startswith("/"):
        promise, left = replace(promise, path=_path(left[0])), left[1:]
    if left:
        raise BadPromise(
            f"{left[0]!r} is not understood in {promise.text!r}; behind the destination come "
            "`port N`, a METHOD and a /path, each once and in this order"
        )
    return promise


def _path(written: str) -> ValueMatch:
    if written.endswith("*"):
        return ValueMatch(ValueCompare.PREFIX, written[:-1])
    return ValueMatch(ValueCompare.EXACT, written)


def promises_in(text: str) -> tuple[tuple[int, str], ...]:
    """The lines of a file of promises with their numbers; what follows a `#` is a comment."""
    lines = ((at, line.partition("#")[0].strip()) for at, line in enumerate(text.splitlines(), 1))
    return tuple((at, line) for at, line in lines if line)
