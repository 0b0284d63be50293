"""Label selectors, in all forms that kubectl's `-l` takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import click

_KEY = r"[A-Za-z0-9]([\w./-]*[A-Za-z0-9])?"
_SET = re.compile(rf"(?P<key>{_KEY})\s+(?P<word>in|notin)\s*\((?P<values>[^()]*)\)")
_EQUAL = re.compile(rf"(?P<key>{_KEY})\s*(?P<word>==|=|!=)\s*(?P<value>[\w.-]*)")
_THERE = re.compile(rf"(?P<absent>!?)\s*(?P<key>{_KEY})")
_COMMA = re.compile(r",(?![^()]*\))")
"""A comma outside of brackets."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition: `values` are None where only the label's presence counts."""

    key: str
    values: frozenset[str] | None
    negated: bool = False

    def fits(self, labels: Mapping[str, str]) -> bool:
        """Whether labels fulfil it; `!=` and `notin` hold where the label is absent."""
        there = self.key in labels
        if self.values is not None:
            there = there and labels[self.key] in self.values
        return there is not self.negated


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """All conditions of a `-l`; none of them fits everything."""

    requirements: tuple[Requirement, ...] = ()

    def fits(self, labels: Mapping[str, str]) -> bool:
        return all(each.fits(labels) for each in self.requirements)


EVERYTHING = LabelSelector()


def parse_selector(text: str | None) -> LabelSelector:
    """Read `a=b,c!=d,e in (f, g),h notin (i),j,!k`; a usage error names the part that is wrong."""
    if not text:
        return EVERYTHING
    return LabelSelector(tuple(_requirement(part.strip()) for part in _COMMA.split(text)))


def _requirement(text: str) -> Requirement:
    if of_set := _SET.fullmatch(text):
        values = frozenset(value.strip() for value in of_set["values"].split(","))
        return Requirement(of_set["key"], values, of_set["word"] == "notin")
    if equal := _EQUAL.fullmatch(text):
        return Requirement(equal["key"], frozenset((equal["value"],)), equal["word"] == "!=")
    if there := _THERE.fullmatch(text):
        return Requirement(there["key"], None, bool(there["absent"]))
    raise click.UsageError(
        f"{text!r} is not a label selector; write key=value, key!=value, "
        "'key in (a,b)', 'key notin (a,b)', key or !key, with commas between them"
    )
