"""Walking a message and all that is packed in it, and saying what Envoy would refuse.

    for fault in faults(virtual_host):
        print(fault)            # routes[0].match.headers[0].string_match.prefix is "", must have …

What holds of a type of message is looked up once and kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor, OneofDescriptor
from validate import validate_pb2

from gossamer.compile.constraints.fields import FieldRules, rules_of

_ANY = "google.protobuf.Any"
_LONGEST = 60
_KEPT = 512


@dataclass(frozen=True, slots=True)
class Violation:
    """One place in a message, and what Envoy demands there."""

    path: str
    demand: str
    value: str = ""

    def __str__(self) -> str:
        shown = f" is {self.value}, and" if self.value else ""
        return f"{self.path}{shown} {self.demand}"


@dataclass(frozen=True, slots=True)
class _Demands:
    fields: tuple[FieldRules, ...]
    choices: tuple[OneofDescriptor, ...]


def faults(message: Any, path: str = "") -> Iterator[Violation]:
    """Every place of the message where a rule of its descriptors does not hold."""
    if message.DESCRIPTOR.full_name == _ANY:
        yield from _packed(message, path)
        return
    demands = _demands(message.DESCRIPTOR)
    for choice in demands.choices:
        if message.WhichOneof(choice.name) is None:
            names = ", ".join(field.name for field in choice.fields)
            yield Violation(_join(path, choice.name), f"must be set: one of {names}")
    for rules in demands.fields:
        yield from _field(message, rules, _join(path, rules.name))


def _field(message: Any, rules: FieldRules, path: str) -> Iterator[Violation]:
    if rules.present and not message.HasField(rules.name):
        if rules.required:
            yield Violation(path, "must be set")
        return
    value = getattr(message, rules.name)
    yield from _told(path, value, rules.whole)
    if rules.mapped:
        for key, each in value.items():
            yield from _told(f"{path}[{key}]", key, rules.keys)
            yield from _one(each, rules, f"{path}[{key}]")
    elif rules.listed:
        for at, each in enumerate(value):
            yield from _one(each, rules, f"{path}[{at}]")
    else:
        yield from _one(value, rules, path)


def _one(value: Any, rules: FieldRules, path: str) -> Iterator[Violation]:
    yield from _told(path, value.value if rules.wrapped else value, rules.values)
    if rules.inside and not rules.wrapped:
        yield from faults(value, path)


def _told(path: str, value: Any, rules: Iterable[Any]) -> Iterator[Violation]:
    for rule in rules:
        demand = rule(value)
        if demand:
            yield Violation(path, demand, _shown(value))


def _packed(message: Any, path: str) -> Iterator[Violation]:
    """What is in an Any: most are the same in one resource after the other, so they are kept."""
    for fault in _inside(message.TypeName(), message.value):
        yield replace(fault, path=f"{path}{fault.path}")


@lru_cache(maxsize=_KEPT)
def _inside(name: str, value: bytes) -> tuple[Violation, ...]:
    """The faults where the type is known; one of an unknown type is Envoy's to judge."""
    try:
        kind = descriptor_pool.Default().FindMessageTypeByName(name)
    except KeyError:
        return ()
    inside = message_factory.GetMessageClass(kind).FromString(value)
    return tuple(faults(inside, f"<{kind.name}>"))


@cache
def _demands(descriptor: Descriptor) -> _Demands:
    options = descriptor.GetOptions().Extensions
    if options[validate_pb2.disabled] or options[validate_pb2.ignored]:
        return _Demands((), ())
    field_rules = (rules_of(field) for field in descriptor.fields)
    choices = (one for one in descriptor.oneofs if one.has_options)
    return _Demands(
        tuple(rules for rules in field_rules if not rules.idle),
        tuple(one for one in choices if one.GetOptions().Extensions[validate_pb2.required]),
    )


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value[:_LONGEST]}"'
    return str(value)[:_LONGEST] if isinstance(value, int | float) else ""
