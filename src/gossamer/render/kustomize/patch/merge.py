"""A strategic merge patch: mappings merge, items of a list merge by their key, null removes.

`$patch: delete` and `$patch: replace` do so to the mapping or list that they stand in;
`$deleteFromPrimitiveList/NAME` takes words out of a list.
"""

from __future__ import annotations

from collections.abc import Mapping

from gossamer.render.kustomize.node import FieldNode
from gossamer.render.kustomize.patch.merge_keys import is_set, merge_keys

_DIRECTIVE = "$patch"
_DELETES = "$deleteFromPrimitiveList/"
_ORDERS = ("$setElementOrder/", "$retainKeys")
_DEFAULTS = {"protocol": "TCP"}


def deletes(patch: FieldNode) -> bool:
    """Whether a patch removes what it is for."""
    return patch.text_at(_DIRECTIVE) == "delete"


def merged(base: FieldNode, patch: FieldNode, kind: str) -> FieldNode:
    """The base with the patch in it; fields of the patch come from where the patch stands."""
    if patch.text_at(_DIRECTIVE) == "replace":
        return cleaned(patch.without(_DIRECTIVE))
    fields = dict(base.fields)
    for name, change in patch.fields.items():
        if name.startswith(_DELETES):
            _take_out(fields, name.removeprefix(_DELETES), change)
        elif name.startswith((_DIRECTIVE, *_ORDERS)):
            continue
        elif change.value is None or deletes(change):
            fields.pop(name, None)
        else:
            fields[name] = _field(fields.get(name), change, kind, name)
    return base.of(fields)


def cleaned(node: FieldNode) -> FieldNode:
    """A patch's own value, without nulls and directives."""
    if node.fields:
        kept = {
            name: cleaned(each)
            for name, each in node.fields.items()
            if each.value is not None and not name.startswith("$")
        }
        return node.of(kept)
    return (
        node.of(cleaned(each) for each in node.items if not deletes(each)) if node.items else node
    )


def _field(base: FieldNode | None, change: FieldNode, kind: str, name: str) -> FieldNode:
    if base is None:
        return cleaned(change)
    if isinstance(change.value, tuple):
        if keys := merge_keys(kind, name):
            return _items(base, change, kind, keys)
        if is_set(name):
            known = [each.value for each in base.items]
            return base.of((*base.items, *(n for n in change.items if n.value not in known)))
        return change
    if isinstance(change.value, Mapping) and isinstance(base.value, Mapping):
        return merged(base, change, kind)
    return cleaned(change)


def _items(base: FieldNode, change: FieldNode, kind: str, keys: tuple[str, ...]) -> FieldNode:
    """Items of one key merge; those of the patch stand first, in its order."""
    if any(each.text_at(_DIRECTIVE) == "replace" for each in change.items):
        return change.of(cleaned(e) for e in change.items if e.text_at(_DIRECTIVE) != "replace")
    first = [_item(base, each, kind, keys) for each in change.items if not deletes(each)]
    rest = [old for old in base.items if not any(_same(old, each, keys) for each in change.items)]
    return base.of((*first, *rest))


def _item(base: FieldNode, change: FieldNode, kind: str, keys: tuple[str, ...]) -> FieldNode:
    old = next((each for each in base.items if _same(each, change, keys)), None)
    return cleaned(change) if old is None else merged(old, change, kind)


def _same(one: FieldNode, other: FieldNode, keys: tuple[str, ...]) -> bool:
    return all(_key(one, key) == _key(other, key) for key in keys)


def _key(node: FieldNode, name: str) -> str:
    return node.text_at(name) or _DEFAULTS.get(name, "")


def _take_out(fields: dict[str, FieldNode], name: str, words: FieldNode) -> None:
    if (base := fields.get(name)) is not None:
        gone = [each.value for each in words.items]
        fields[name] = base.of(each for each in base.items if each.value not in gone)
