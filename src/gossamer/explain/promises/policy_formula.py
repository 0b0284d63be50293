"""The objects that hold for a workload as one formula: what lets a call through."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from gossamer.compile.lookup.authorization import DecidingObject
from gossamer.explain.promises.automaton import Fragment, characters
from gossamer.explain.promises.formula import FALSE, TRUE, Formula, Negation, every, some
from gossamer.explain.promises.identities import ATTRIBUTES, IDENTITY, identity_language
from gossamer.explain.promises.languages import language_of
from gossamer.explain.promises.parts import any_of, either, one_after_another, run_of, text
from gossamer.explain.promises.pattern_reader import Unreadable
from gossamer.explain.promises.subjects import Subjects
from gossamer.model.policies.workload.authorization import (
    AllOf,
    Attribute,
    AuthorizationAction,
    AuthorizationRule,
    CallCondition,
    ValueCompare,
    ValueMatch,
)

_ADDRESSES = frozenset({Attribute.DIRECT_IP, Attribute.REMOTE_IP, Attribute.DESTINATION_IP})
_ANY_PORT = either(text(""), one_after_another(text(":"), run_of(any_of(characters("0123456789")))))
_UNREAD = ("unread",)


@dataclass(frozen=True, slots=True)
class PortOfMesh:
    """Where a call arrives: on which port, in a mesh of which trust domains."""

    port: int
    domains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DecidingRule:
    """A rule of an object, and when it matches."""

    holding: DecidingObject
    field: str
    matches: Formula


def named_rules(
    holding: Iterable[DecidingObject], place: PortOfMesh, subjects: Subjects
) -> list[DecidingRule]:
    """Every rule that may decide."""
    return [
        DecidingRule(each, rule.field, _rule(rule, place, subjects))
        for each in holding
        for _, rule in each.rules
    ]


def let_through(
    holding: Iterable[DecidingObject], rules: Iterable[DecidingRule], *, asked: Formula = TRUE
) -> Formula:
    """No rule refuses, and some rule lets in if any object does so. `asked` is what external
    services that a rule sends the call to are taken to answer."""
    by_action: dict[AuthorizationAction, list[Formula]] = {}
    for each in rules:
        by_action.setdefault(each.holding.action, []).append(each.matches)
    parts: list[Formula] = [Negation(some(by_action.get(AuthorizationAction.DENY, ())))]
    if any(each.action is AuthorizationAction.ALLOW for each in holding):
        parts.append(some(by_action.get(AuthorizationAction.ALLOW, ())))
    if custom := by_action.get(AuthorizationAction.CUSTOM):
        parts.append(some((Negation(some(custom)), asked)))
    return every(parts)


def _rule(rule: AuthorizationRule, place: PortOfMesh, subjects: Subjects) -> Formula:
    def one_of(parts: tuple[AllOf, ...]) -> Formula:
        return some(_all_of(part, place, subjects) for part in parts) if parts else TRUE

    conditions = _all_of(rule.conditions, place, subjects)
    return every((one_of(rule.sources), one_of(rule.operations), conditions))


def _all_of(conditions: AllOf, place: PortOfMesh, subjects: Subjects) -> Formula:
    return every(part for each in conditions for part in _condition(each, place, subjects))


def _condition(
    condition: CallCondition, place: PortOfMesh, subjects: Subjects
) -> Iterator[Formula]:
    def comparisons(values: tuple[ValueMatch, ...]) -> Formula:
        return some(compared(condition, value, place, subjects) for value in values)

    if condition.values:
        yield comparisons(condition.values)
    if condition.excluded:
        yield Negation(comparisons(condition.excluded))


def compared(
    condition: CallCondition, value: ValueMatch, place: PortOfMesh, subjects: Subjects
) -> Formula:
    """One comparison. What cannot be read as a language may hold or not: it is a subject of its
    own, so that what is proven holds either way."""
    attribute, key = condition.attribute, condition.key
    if attribute is Attribute.PORT:
        return TRUE if value.text == str(place.port) else FALSE
    if attribute in _ADDRESSES:
        return subjects.of_address((attribute.value,), value.text)
    try:
        if attribute in ATTRIBUTES:
            language = identity_language(attribute, value, place.domains)
            return subjects.of_text(IDENTITY, (attribute, value), language)
        language = _LANGUAGES.get(attribute, language_of)(value)
    except Unreadable:
        free = (*_UNREAD, attribute.value, *key, value.text)
        return subjects.of_text(free, value, text("x"))
    return subjects.of_text((attribute.value, *key), value, language)


def _host(value: ValueMatch) -> Fragment:
    """In any case, with or without the dot that ends a full name; any port where none is named."""
    written, colon, port = value.text.lower().rpartition(":")
    is_exact = value.compare is ValueCompare.EXACT
    named = is_exact and bool(colon) and port.isdecimal()
    bare = written if named else value.text.lower()
    if value.compare is not ValueCompare.PREFIX:
        bare = bare.removesuffix(".")
    language = language_of(ValueMatch(value.compare, bare))
    behind = text(f":{port}") if named else _ANY_PORT
    return one_after_another(language, either(text(""), text(".")), behind)


_LANGUAGES: Mapping[Attribute, Callable[[ValueMatch], Fragment]] = {Attribute.HOST: _host}


def is_unread(subject: tuple[str, ...]) -> bool:
    """Whether a subject stands for a comparison that could not be read."""
    return subject[:1] == _UNREAD
