"""The rules of one field: those of its value, of its items, of its being there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from validate import validate_pb2

from gossamer.compile.constraints.scalars import Rule, durations, numbers, texts

_NUMBERS = ("float", "double", "int32", "int64", "uint32", "uint64", "fixed32", "fixed64")
_KINDS: Mapping[str, Callable[[Any], Iterator[Rule]]] = {
    **dict.fromkeys((*_NUMBERS, "enum"), numbers),
    "string": texts,
    "bytes": texts,
    "duration": durations,
}
_EMPTY = ("", b"", 0)


@dataclass(frozen=True, slots=True)
class FieldRules:
    """What must hold of a field. `values` are for its value or items, `whole` for a list or map,
    `keys` for a map's keys; `inside` says whether messages in it are looked into."""

    name: str
    required: bool = False
    inside: bool = False
    present: bool = False
    listed: bool = False
    mapped: bool = False
    wrapped: bool = False
    values: tuple[Rule, ...] = ()
    whole: tuple[Rule, ...] = ()
    keys: tuple[Rule, ...] = ()

    @property
    def idle(self) -> bool:
        """Whether there is nothing to look at."""
        return not (self.required or self.inside or self.values or self.whole or self.keys)


def rules_of(field: FieldDescriptor) -> FieldRules:
    """The rules of a field, as its options say them."""
    declared = field.GetOptions().Extensions[validate_pb2.rules]
    kind = declared.WhichOneof("type") or ""
    mapped = _is_map(field)
    listed = field.is_repeated and not mapped
    return FieldRules(
        name=field.name,
        required=field.containing_oneof is None and _is_required(declared, kind),
        inside=_has_messages(field, mapped) and not declared.message.skip,
        present=field.has_presence,
        listed=listed,
        mapped=mapped,
        wrapped=_is_wrapper(field),
        values=tuple(_values(field, declared, kind)),
        whole=tuple(_whole(declared, kind)),
        keys=tuple(_single(declared.map.keys)) if mapped else (),
    )


def _is_required(declared: Any, kind: str) -> bool:
    own = kind in ("any", "duration", "timestamp") and getattr(declared, kind).required
    return bool(declared.message.required or own)


def _values(field: FieldDescriptor, declared: Any, kind: str) -> Iterator[Rule]:
    if kind == "repeated":
        yield from _single(declared.repeated.items)
    elif kind == "map":
        yield from _single(declared.map.values)
    else:
        yield from _single(declared)
    if kind == "enum" and declared.enum.defined_only and field.enum_type is not None:
        known = frozenset(field.enum_type.values_by_number)
        yield lambda value: "" if value in known else "is not a value that Envoy knows"


def _single(declared: Any) -> Iterator[Rule]:
    """The rules of one value."""
    kind = declared.WhichOneof("type") or ""
    make = _KINDS.get(kind)
    if make is None:
        return
    rules = getattr(declared, kind)
    lenient = bool(getattr(rules, "ignore_empty", False))
    for rule in make(rules):
        yield _unless_empty(rule) if lenient else rule


def _unless_empty(rule: Rule) -> Rule:
    return lambda value: "" if value in _EMPTY else rule(value)


def _whole(declared: Any, kind: str) -> Iterator[Rule]:
    least, most = ("min_items", "max_items") if kind == "repeated" else ("min_pairs", "max_pairs")
    if kind not in ("repeated", "map"):
        return
    rules = getattr(declared, kind)
    low, high, lenient = getattr(rules, least), getattr(rules, most), rules.ignore_empty
    if low:
        yield lambda items: "" if len(items) >= low or (lenient and not items) else _few(low)
    if high:
        yield lambda items: "" if len(items) <= high else f"must not have more than {high} items"
    if kind == "repeated" and rules.unique:
        yield lambda items: "" if len(set(items)) == len(items) else "has an item twice"


def _few(low: int) -> str:
    return f"must have {low} {'item' if low == 1 else 'items'} or more"


def _is_map(field: FieldDescriptor) -> bool:
    kind = field.message_type
    return kind is not None and field.is_repeated and kind.GetOptions().map_entry


def _has_messages(field: FieldDescriptor, mapped: bool) -> bool:
    kind = field.message_type
    if mapped and kind is not None:
        return kind.fields_by_name["value"].message_type is not None
    return kind is not None


def _is_wrapper(field: FieldDescriptor) -> bool:
    kind = field.message_type
    return kind is not None and kind.file.name == "google/protobuf/wrappers.proto"
