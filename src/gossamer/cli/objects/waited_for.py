"""What `wait --for` waits for, and which objects are so."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import click

from gossamer.cli.objects.item import Item
from gossamer.cli.objects.jsonpath.path import PathError
from gossamer.cli.objects.jsonpath.template import Part, fill, parse_template

Seen = Mapping[str, Item]


@dataclass(frozen=True, slots=True)
class WaitedFor(ABC):
    """A state of objects; `text` as it was asked for, `words` as it is told."""

    text: str
    words: str = "condition met"
    may_be_absent: bool = False

    @abstractmethod
    def holds(self, item: Item) -> bool:
        """Whether an object that is there is so."""

    def met_by(self, items: Sequence[Item], seen: Seen) -> list[str]:
        """The names of those that are so."""
        return [item.reference for item in items if self.holds(item)]

    def missing(self, items: Sequence[Item]) -> set[str]:
        """The names of those that are not."""
        return {item.reference for item in items if not self.holds(item)}

    def enough(self, items: Sequence[Item]) -> bool:
        """Whether there is anything that could be so."""
        return bool(items)


@dataclass(frozen=True, slots=True)
class Condition(WaitedFor):
    """`condition=Ready`: a condition of the object's status, True unless it says otherwise."""

    type: str = ""
    status: str = "true"

    def holds(self, item: Item) -> bool:
        conditions = (item.body.get("status") or {}).get("conditions") or ()
        return any(
            each["type"].lower() == self.type and each["status"].lower() == self.status
            for each in conditions
        )


@dataclass(frozen=True, slots=True)
class Create(WaitedFor):
    """`create`: that it is there."""

    def holds(self, item: Item) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Gone(WaitedFor):
    """`delete`: that what was there when it was first looked at is gone."""

    def holds(self, item: Item) -> bool:
        return False

    def met_by(self, items: Sequence[Item], seen: Seen) -> list[str]:
        here = {item.reference for item in items}
        return [name for name in seen if name not in here]

    def enough(self, items: Sequence[Item]) -> bool:
        return not items


@dataclass(frozen=True, slots=True)
class Value(WaitedFor):
    """`jsonpath={.status.phase}=Running`: a value, or any value where none is set."""

    template: tuple[Part, ...] = ()
    value: str | None = field(default=None)

    def holds(self, item: Item) -> bool:
        shown = fill(self.template, item.body)
        return bool(shown) if self.value is None else shown == self.value


def waited_for(text: str) -> WaitedFor:
    """Read `--for`; a usage error says what it may be."""
    condition, _, rest = text.partition("=")
    match condition:
        case "delete":
            return Gone(text, "deleted", may_be_absent=True)
        case "create":
            return Create(text, may_be_absent=True)
        case "condition" if rest:
            kind, _, status = rest.partition("=")
            return Condition(text, type=kind.lower(), status=(status or "true").lower())
        case "jsonpath" if rest:
            return _value(text, rest)
    raise click.BadParameter(
        f"{text!r} is not condition=NAME, delete, create or jsonpath='{{PATH}}'=VALUE"
    )


def _value(text: str, rest: str) -> Value:
    """The `=` after the last brace parts path and value; one in a filter does not."""
    path, brace, value = rest.rpartition("}")
    if not brace:
        path, _, value = rest.partition("=")
        value = f"={value}" if value else ""
    try:
        template = parse_template(path + brace)
    except PathError as error:
        raise click.BadParameter(str(error)) from error
    return Value(text, template=template, value=value.removeprefix("=") if value else None)
