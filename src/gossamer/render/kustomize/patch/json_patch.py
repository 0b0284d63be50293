"""JSON patches (RFC 6902): add, remove, replace, move, copy and test, at a JSON pointer."""

from __future__ import annotations

from gossamer.render.kustomize.node import FieldNode


class PatchFailed(ValueError):
    """An operation that does not fit its object: what is wrong, and what to write."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


OPERATIONS = ("add", "remove", "replace", "move", "copy", "test")


def applied(body: FieldNode, operation: FieldNode) -> FieldNode:
    """The object after one operation. Raises PatchFailed."""
    op, path = operation.text_at("op"), operation.text_at("path")
    if op not in OPERATIONS:
        raise PatchFailed(f"{op!r} is not an operation", f"Write one of {', '.join(OPERATIONS)}")
    steps = _steps(path)
    if op in ("move", "copy"):
        start = _steps(operation.text_at("from"))
        value = _got(body, start)
        return _add(_remove(body, start) if op == "move" else body, steps, value)
    if op == "remove":
        return _remove(body, steps)
    wanted = operation.at("value")
    if wanted is None:
        raise PatchFailed(f"the operation {op} has no value", "Give it a value")
    if op == "add":
        return _add(body, steps, wanted)
    if op == "replace":
        _got(body, steps)
        return _set(body, steps, wanted)
    if _got(body, steps).value != wanted.value:
        raise PatchFailed(f"the test of {path} fails", "Write the value that is there")
    return body


def _steps(pointer: str) -> tuple[str, ...]:
    if not pointer.startswith("/"):
        raise PatchFailed(f"the path {pointer!r} does not begin with /", "Write /spec/FIELD")
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer[1:].split("/"))


def _got(node: FieldNode, steps: tuple[str, ...]) -> FieldNode:
    for at, step in enumerate(steps):
        inside = node.items[_index(node, step)] if node.items else node.fields.get(step)
        if inside is None:
            raise _nowhere(node, steps[: at + 1])
        node = inside
    return node


def _index(node: FieldNode, step: str) -> int:
    if not step.isdigit() or int(step) >= len(node.items):
        count = len(node.items)
        raise PatchFailed(f"the list has no item {step}", f"It has {count}, counted from 0")
    return int(step)


def _nowhere(node: FieldNode, steps: tuple[str, ...]) -> PatchFailed:
    known = ", ".join(node.fields) or "nothing"
    return PatchFailed(f"there is no /{'/'.join(steps)} in the object", f"It has {known} there")


def _within(
    node: FieldNode, steps: tuple[str, ...], whole: tuple[str, ...]
) -> tuple[str, FieldNode]:
    step = steps[0]
    inside = node.items[_index(node, step)] if node.items else node.fields.get(step)
    if inside is None:
        raise _nowhere(node, whole[: len(whole) - len(steps) + 1])
    return step, inside


def _put(node: FieldNode, step: str, inside: FieldNode) -> FieldNode:
    if node.items:
        at = _index(node, step)
        return node.of((*node.items[:at], inside, *node.items[at + 1 :]))
    return node.put(step, inside)


def _set(node: FieldNode, steps: tuple[str, ...], value: FieldNode) -> FieldNode:
    if not steps:
        return value
    step, inside = _within(node, steps, steps)
    return _put(node, step, _set(inside, steps[1:], value))


def _add(node: FieldNode, steps: tuple[str, ...], value: FieldNode) -> FieldNode:
    if len(steps) > 1:
        step, inside = _within(node, steps, steps)
        return _put(node, step, _add(inside, steps[1:], value))
    step = steps[0]
    if not isinstance(node.value, tuple):
        return node.put(step, value)
    at = len(node.items) if step in ("-", str(len(node.items))) else _index(node, step)
    return node.of((*node.items[:at], value, *node.items[at:]))


def _remove(node: FieldNode, steps: tuple[str, ...]) -> FieldNode:
    step, inside = _within(node, steps, steps)
    if len(steps) > 1:
        return _put(node, step, _remove(inside, steps[1:]))
    if node.items:
        at = _index(node, step)
        return node.of((*node.items[:at], *node.items[at + 1 :]))
    return node.without(step)
