"""Templates: text with paths in braces, `{range PATH}…{end}`, and quoted text in braces."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from gossamer.cli.objects.jsonpath.path import PathError, parse_path
from gossamer.cli.objects.jsonpath.steps import Step, walk

_BRACES = re.compile(r"\{((?:'[^']*'|\"(?:\\.|[^\"\\])*\"|[^{}'\"])*)\}")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A path whose values are shown, with blanks between them."""

    path: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Ranged:
    """What is shown once for each value of a path."""

    path: tuple[Step, ...]
    inside: tuple[Part, ...]


Part: TypeAlias = str | Shown | Ranged


def parse_template(text: str) -> tuple[Part, ...]:
    """The parts of a template; a bare path needs no braces. Raises PathError."""
    if "{" not in text and text[:1] in (".", "$"):
        text = f"{{{text}}}"
    parts, ended = _parts(list(_tokens(text)))
    if ended is not None:
        raise PathError(f"the template {text!r} has an {{end}} without a {{range}}")
    return parts


def _tokens(text: str) -> Iterator[tuple[bool, str]]:
    """Text (False) and what stands in braces (True), in turn."""
    at = 0
    for braces in _BRACES.finditer(text):
        yield False, text[at : braces.start()]
        yield True, braces[1].strip()
        at = braces.end()
    if "{" in text[at:] or "}" in text[at:]:
        raise PathError(f"the template {text!r} has a brace that is not closed")
    yield False, text[at:]


def _parts(
    tokens: Sequence[tuple[bool, str]],
) -> tuple[tuple[Part, ...], Sequence[tuple[bool, str]] | None]:
    """The parts up to the `{end}` of its own range, and the tokens after it."""
    parts: list[Part] = []
    while tokens:
        (in_braces, token), tokens = tokens[0], tokens[1:]
        if not in_braces:
            parts.append(token)
        elif token == "end":
            return tuple(parts), tokens
        elif token.startswith("range"):
            inside, rest = _parts(tokens)
            if rest is None:
                raise PathError(f"{{{token}}} has no {{end}}")
            parts.append(Ranged(parse_path(token.removeprefix("range")), inside))
            tokens = rest
        else:
            parts.append(_shown(token))
    return tuple(parts), None


def _shown(token: str) -> Part:
    if token[:1] == '"' and token[-1:] == '"' and len(token) > 1:
        return re.sub(r"\\(.)", lambda each: _ESCAPES.get(each[1], each[1]), token[1:-1])
    if token[:1] == "'" and token[-1:] == "'" and len(token) > 1:
        return token[1:-1]
    return Shown(parse_path(token))


def fill(parts: Sequence[Part], value: Any) -> str:
    """The text of a template for a value; a path that leads nowhere shows nothing."""
    return "".join(_text(part, value) for part in parts)


def _text(part: Part, value: Any) -> str:
    match part:
        case Shown(path):
            return " ".join(_plain(each) for each in walk(path, value))
        case Ranged(path, inside):
            return "".join(fill(inside, each) for each in _ranged(path, value))
        case text:
            return text


def _ranged(path: tuple[Step, ...], value: Any) -> Iterator[Any]:
    """The values of a path; a list that it leads to as a whole counts item by item."""
    for each in walk(path, value):
        if isinstance(each, list):
            yield from each
        else:
            yield each


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
