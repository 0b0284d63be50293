"""Reads one path: `.items[?(@.metadata.name=="web")].spec`, `['a','b']`, `..image`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from gossamer.cli.objects.jsonpath.steps import (
    OPERATORS,
    Descend,
    Every,
    Field,
    Filter,
    Slice,
    Step,
    Union,
)


class PathError(ValueError):
    """A path that cannot be read: which, and what helps."""


_NAME = re.compile(r"(?:\\.|[^\\.\[\]{}()\s,])+")
_SLICE = re.compile(r"(-?\d*):(-?\d*)(?::(-?\d+))?")
_FILTER = re.compile(r"\?\(\s*@(.*)\)")
_COMPARED = re.compile(r"(.*?)\s*(==|!=|<=|>=|<|>)\s*(.+)")


def parse_path(text: str) -> tuple[Step, ...]:
    """The steps of a path that begins with `.`, `[`, `$`, `@` or a name."""
    rest = text.strip()
    rest = rest[1:] if rest[:1] in ("$", "@") else rest
    if rest and rest[0] not in ".[":
        rest = f".{rest}"
    return tuple(_steps(rest, text))


def _steps(rest: str, whole: str) -> Iterator[Step]:
    while rest and rest != ".":
        if rest.startswith("["):
            inside, rest = _bracketed(rest, whole)
            yield _bracket(inside, whole)
            continue
        dots = 2 if rest.startswith("..") else 1
        rest = rest[dots:] if rest.startswith(".") else ""
        if rest.startswith("["):
            continue
        name = _NAME.match(rest)
        if name is None:
            raise _refused(whole, "a name is missing after a dot")
        field, rest = re.sub(r"\\(.)", r"\1", name[0]), rest[name.end() :]
        if rest and rest[0] not in ".[":
            raise _refused(whole, f"{rest[0]!r} stands after {field!r}")
        yield Every() if field == "*" else Descend(field) if dots == 2 else Field(field)


def _bracketed(text: str, whole: str) -> tuple[str, str]:
    """What stands in the first pair of brackets, and what follows it."""
    depth, quote = 0, ""
    for at, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in "[]":
            depth += 1 if letter == "[" else -1
            if depth == 0:
                return text[1:at].strip(), text[at + 1 :]
    raise _refused(whole, "a bracket is not closed")


def _bracket(inside: str, whole: str) -> Step:
    if inside == "*":
        return Every()
    if condition := _FILTER.fullmatch(inside):
        return _filter(condition[1], whole)
    parts = _parts(inside)
    steps = [_one(part, whole) for part in parts]
    return steps[0][0] if len(steps) == 1 and len(steps[0]) == 1 else Union(tuple(steps))


def _parts(inside: str) -> list[str]:
    """At its commas, those in quotes left out."""
    return [part.strip() for part in re.findall(r"(?:'[^']*'|\"[^\"]*\"|[^,])+", inside)]


def _one(part: str, whole: str) -> tuple[Step, ...]:
    if part[:1] in "'\"" and part[-1:] == part[:1] and len(part) > 2:
        name = part[1:-1]
        plain = re.sub(r"\\(.)", r"\1", name)
        if re.search(r"(?<!\\)\.", name) and "/" not in name:
            return parse_path(name)
        return (Field(plain),)
    if re.fullmatch(r"-?\d+", part):
        at = int(part)
        return (Slice(slice(at, at + 1 or None)),)
    if span := _SLICE.fullmatch(part):
        return (Slice(slice(*(int(each) if each else None for each in span.groups()))),)
    raise _refused(whole, f"[{part}] is no index, slice, quoted name or filter")


def _filter(condition: str, whole: str) -> Filter:
    if "&&" in condition or "||" in condition or "=~" in condition:
        raise _refused(whole, "a filter compares once, as in [?(@.type=='Ready')]")
    compared = _COMPARED.fullmatch(condition.strip())
    if compared is None:
        return Filter(parse_path(condition))
    path, operator, value = compared.groups()
    assert operator in OPERATORS
    return Filter(parse_path(path), operator, _value(value.strip(), whole))


def _value(text: str, whole: str) -> object:
    if text[:1] == "'" and text[-1:] == "'":
        return text[1:-1]
    try:
        value: object = json.loads(text)
    except ValueError as error:
        raise _refused(whole, f"{text} is no string, number or truth value") from error
    return value


def _refused(path: str, why: str) -> PathError:
    return PathError(f"the path {path!r} cannot be read: {why}")
