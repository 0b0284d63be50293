"""A path of dots as `vars` and `replacements` write it: `spec.containers.[name=web].image`.

A step is a field, an index, `*` for every item, or `[field=value]` for the items that have it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gossamer.render.kustomize.node import Edit, FieldNode, placed

_STEP = re.compile(r"\[[^\]]*\]|(?:\\\.|[^.\[])+")
_CHOICE = re.compile(r"\[([^=\]]+)=([^\]]*)\]")
Steps = tuple[str, ...]


def steps_of(text: str) -> Steps:
    """The steps of a path."""
    return tuple(step.replace("\\.", ".") for step in _STEP.findall(text.replace(".[", "[")))


def found(node: FieldNode, steps: Steps) -> Iterator[FieldNode]:
    """Every node that the path leads to."""
    if not steps:
        yield node
        return
    for _, inside in _choices(node, steps[0]):
        yield from found(inside, steps[1:])


def changed(node: FieldNode, steps: Steps, edit: Edit, create: bool) -> FieldNode:
    """With every node that the path leads to edited; `create` makes fields that are missing."""
    if not steps:
        return edit(node)
    step, rest = steps[0], steps[1:]
    if create and not node.items and _is_field(step) and step not in node.fields:
        start = placed({} if rest else "", node.place)
        return node.put(step, changed(start, rest, edit, create))
    for at, inside in _choices(node, step):
        after = changed(inside, rest, edit, create)
        if isinstance(at, int):
            node = node.of((*node.items[:at], after, *node.items[at + 1 :]))
        else:
            node = node.put(at, after)
    return node


def _is_field(step: str) -> bool:
    return not step.startswith("[") and step != "*"


def _choices(node: FieldNode, step: str) -> Iterator[tuple[int | str, FieldNode]]:
    choice = _CHOICE.fullmatch(step)
    for at, each in enumerate(node.items):
        chosen = step in ("*", str(at)) or (choice and _fits(each, choice))
        if chosen:
            yield at, each
    if step == "*":
        yield from node.fields.items()
    elif step in node.fields:
        yield step, node.fields[step]


def _fits(node: FieldNode, choice: re.Match[str]) -> bool:
    return node.text_at(choice[1]) == choice[2].strip("'\"")
