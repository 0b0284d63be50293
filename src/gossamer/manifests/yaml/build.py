"""YAML events into immutable values and their lines, counting before building.

libyaml's parser gives events; this builder keeps what a loader throws away (the line of every
key and item) and refuses what a loader lets pass (duplicate keys, alias bombs, deep nesting).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import yaml
from yaml._yaml import CParser

from gossamer.manifests.manifest import Lines
from gossamer.manifests.refusal import DocumentRefused
from gossamer.manifests.yaml.caps import Caps
from gossamer.manifests.yaml.colons import may_read_again, quoted_colons
from gossamer.manifests.yaml.scalars import NotFinite, plain_scalar
from gossamer.manifests.yaml.split import DocumentText

_TAG = "tag:yaml.org,2002:"
_NAMES = ("str", "int", "float", "bool", "null", "map", "seq")
_TAGS = frozenset({None, "!", *(_TAG + name for name in _NAMES)})
_STRING_TAGS = frozenset({"!", _TAG + "str"})
_HEX = "[0-9a-fA-F]{2}"
_PAIR = re.compile(rf"(?<!\\)((?:\\\\)*)\\u([dD][89abAB]{_HEX})\\u([dD][c-fC-F]{_HEX})")

_BARE_ADDRESS = re.compile(r"[\[{,:]\s*::|[0-9a-fA-F]::\s*$")


class _Merge(str):
    """The key `<<`, which takes in the keys of another mapping."""


class _Open:
    """A mapping or sequence whose end has not come yet."""

    __slots__ = (
        "anchor",
        "before",
        "items",
        "key",
        "key_line",
        "line",
        "lines",
        "merges",
        "values",
    )

    def __init__(self, line: int, anchor: str | None, before: int, is_mapping: bool) -> None:
        self.line, self.anchor, self.before = line, anchor, before
        self.values: dict[str, Any] | None = {} if is_mapping else None
        self.items: list[Any] = []
        self.lines: Any = {} if is_mapping else []
        self.key: str | None = None
        self.key_line = line
        self.merges: list[tuple[Any, Lines]] = []


def build(part: DocumentText, caps: Caps) -> tuple[Any, Lines]:
    """The document's value and the lines in it. Raises DocumentRefused, with its line."""
    text, tries = _join_pairs(part.text), 1
    while True:
        builder = _Builder(caps, part.line)
        try:
            builder.run(CParser(text))
        except yaml.MarkedYAMLError as error:
            again = quoted_colons(text, error) if may_read_again(text, tries) else None
            if again is None:
                raise _syntax(error, part) from None
            text, tries = again, tries + 1
        except yaml.YAMLError as error:
            raise DocumentRefused(
                part.line, "invalid-yaml", str(error), "Fix the YAML here"
            ) from None
        else:
            return builder.value, builder.lines


class _Builder:
    def __init__(self, caps: Caps, first_line: int) -> None:
        self._caps, self._first = caps, first_line
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Any, Lines, int]] = {}
        self._nodes = self._aliases = self._documents = 0
        self.value: Any = None
        self.lines: Lines = first_line

    def run(self, parser: Any) -> None:
        while not isinstance(event := parser.get_event(), yaml.StreamEndEvent):
            take = _EVENTS.get(type(event))
            if take is not None:
                take(self, event, event.start_mark.line + self._first)

    def document(self, _event: Any, line: int) -> None:
        self._documents += 1
        if self._documents > 1:
            raise DocumentRefused(
                line, "invalid-yaml", "a second document starts here", "Put --- on a line before it"
            )

    def scalar(self, event: Any, line: int) -> None:
        self._count(line)
        value = self._read_scalar(event, line)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, line, 1)
        self._put(value, line)

    def alias(self, event: Any, line: int) -> None:
        self._aliases += 1
        if self._aliases > self._caps.aliases:
            raise _too_much(line, f"more than {self._caps.aliases} aliases")
        if event.anchor not in self._anchors:
            raise DocumentRefused(
                line,
                "invalid-yaml",
                "*{} refers to an anchor that is not complete above it",
                "Define that anchor before it is used",
                (event.anchor,),
            )
        value, lines, nodes = self._anchors[event.anchor]
        self._count(line, nodes)
        self._put(value, lines)

    def open(self, event: Any, line: int) -> None:
        self._count(line)
        self._check_tag(event, line)
        if len(self._stack) >= self._caps.depth:
            raise _too_much(line, f"a nesting deeper than {self._caps.depth}")
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        self._stack.append(_Open(line, event.anchor, self._nodes, is_mapping))

    def close(self, _event: Any, _line: int) -> None:
        node = self._stack.pop()
        value = self._finish(node)
        lines: Lines = (node.line, node.lines)
        if node.anchor is not None:
            self._anchors[node.anchor] = (value, lines, self._nodes - node.before)
        self._put(value, lines)

    def _finish(self, node: _Open) -> Any:
        if node.values is None:
            return tuple(node.items)
        for value, lines in node.merges:
            _merge(node, value, lines)
        return MappingProxyType(node.values)

    def _put(self, value: Any, lines: Lines) -> None:
        if not self._stack:
            self.value, self.lines = value, lines
            return
        node = self._stack[-1]
        if node.values is None:
            node.items.append(value)
            node.lines.append(lines)
        elif node.key is None:
            self._put_key(node, value, lines)
        else:
            self._put_value(node, node.key, value, lines)

    def _put_key(self, node: _Open, value: Any, lines: Lines) -> None:
        line = lines if isinstance(lines, int) else lines[0]
        key = _key(value, line)
        if key in (node.values or ()) and not isinstance(key, _Merge):
            raise DocumentRefused(
                line,
                "duplicate-key",
                f'the key "{{}}" is set twice, on lines {_line_of(node.lines[key])} and {line}',
                "Remove or rename one of them",
                (key,),
            )
        node.key, node.key_line = key, line

    def _put_value(self, node: _Open, key: str, value: Any, lines: Lines) -> None:
        node.key = None
        if isinstance(key, _Merge):
            node.merges.append((value, lines))
            return
        assert node.values is not None
        node.values[key] = value
        node.lines[key] = node.key_line if isinstance(lines, int) else (node.key_line, lines[1])

    def _read_scalar(self, event: Any, line: int) -> Any:
        self._check_tag(event, line)
        text: str = event.value
        if "\0" in text:
            raise DocumentRefused(
                line, "not-utf8", "there is a NUL in this value", "Remove the \\0"
            )
        if not event.implicit[0] or event.tag in _STRING_TAGS:
            return text
        if text == "<<" and self._expects_key():
            return _Merge(text)
        try:
            return plain_scalar(text)
        except NotFinite:
            raise DocumentRefused(
                line,
                "invalid-yaml",
                "{} is not a number that Kubernetes can hold",
                "Write a finite number, or quote it",
                (text,),
            ) from None

    def _expects_key(self) -> bool:
        node = self._stack[-1] if self._stack else None
        return node is not None and node.values is not None and node.key is None

    def _check_tag(self, event: Any, line: int) -> None:
        if event.tag not in _TAGS:
            raise DocumentRefused(
                line,
                "invalid-yaml",
                "the tag {} is not read",
                "Write the value without a tag",
                (event.tag.replace(_TAG, "!!")[:40],),
            )

    def _count(self, line: int, nodes: int = 1) -> None:
        self._nodes += nodes
        if self._nodes > self._caps.nodes:
            raise _too_much(line, f"more than {self._caps.nodes} values, aliases expanded")


_EVENTS: dict[type[Any], Any] = {
    yaml.DocumentStartEvent: _Builder.document,
    yaml.ScalarEvent: _Builder.scalar,
    yaml.AliasEvent: _Builder.alias,
    yaml.MappingStartEvent: _Builder.open,
    yaml.SequenceStartEvent: _Builder.open,
    yaml.MappingEndEvent: _Builder.close,
    yaml.SequenceEndEvent: _Builder.close,
}


def _key(value: Any, line: int) -> str:
    """A mapping's key as a string, as Kubernetes turns numbers and booleans into one."""
    if isinstance(value, _Merge):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    noun = "null" if value is None else "a mapping or list"
    raise DocumentRefused(line, "invalid-yaml", f"{noun} is used as a key", "Write a word")


def _merge(node: _Open, value: Any, lines: Lines) -> None:
    """Take in the keys of `<<: *other` that the mapping does not set itself."""
    inside = () if isinstance(lines, int) else lines[1]
    sources = zip(value, inside, strict=False) if isinstance(value, tuple) else [(value, lines)]
    for source, places in sources:
        if not isinstance(source, Mapping):
            raise DocumentRefused(
                _line_of(lines), "invalid-yaml", "<< takes a mapping", "Give it an alias of one"
            )
        assert node.values is not None
        for key, inherited in source.items():
            if key not in node.values:
                node.values[key] = inherited
                node.lines[key] = node.line if isinstance(places, int) else places[1][key]


def _line_of(lines: Lines) -> int:
    return lines if isinstance(lines, int) else lines[0]


def _too_much(line: int, what: str) -> DocumentRefused:
    return DocumentRefused(
        line, "too-large", f"the document has {what}", "Make the document simpler"
    )


def _join_pairs(text: str) -> str:
    """JSON writes characters beyond U+FFFF as two escapes; YAML wants the character itself."""
    if not text.lstrip().startswith("{"):
        return text

    def join(match: re.Match[str]) -> str:
        high, low = int(match[2], 16), int(match[3], 16)
        return match[1] + chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))

    return _PAIR.sub(join, text)


def _syntax(error: yaml.MarkedYAMLError, part: DocumentText) -> DocumentRefused:
    mark = error.problem_mark or error.context_mark
    line = part.line + (mark.line if mark else 0)
    problem = error.problem or "this is not valid YAML"
    if error.context:
        problem = f"{problem} {error.context}"
    return DocumentRefused(line, "invalid-yaml", problem, _remedy(problem, part, line))


def _remedy(problem: str, part: DocumentText, line: int) -> str:
    lines = part.text.split("\n")
    shown = lines[line - part.line] if line - part.line < len(lines) else ""
    if "tab" in problem or shown.lstrip(" ").startswith("\t"):
        return "Indent with spaces; YAML forbids tabs"
    if _BARE_ADDRESS.search(shown):
        return 'Put the address in quotes, such as "::1" or "2001:db8::"'
    return "Fix the YAML here; often an indentation or a quote on the line before is wrong"
