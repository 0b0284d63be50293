"""The object that is checked, and the places in its text that a finding may point at."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gossamer.model.fragment import Contribution
from gossamer.model.origin import ObjectRef, Origin

_RULE = re.compile(r"spec\.(http|rules)\[\d+\]")


@dataclass(frozen=True, slots=True)
class Subject:
    """One object and its origins by field."""

    object: ObjectRef
    origins: Mapping[str, Origin]

    def at(self, *fields: str) -> Origin:
        """The place of the first of these fields that is known, else of the object."""
        for field in fields:
            if field in self.origins:
                return self.origins[field]
        return self.origins.get("", Origin(self.object))

    def item(self, list_field: str, value: str) -> Origin:
        """The place of an item of a list by its own value or position, else of the list."""
        return self.at(f"{list_field}[{value}]", list_field)

    def rule(self, route: str) -> str:
        """The path of the rule that a route comes from, such as `spec.http[0]`."""
        prefix = _RULE.match(self.at(f"route {route}").field)
        return prefix[0] if prefix else "spec"

    def backend(self, route: str, number: int) -> Origin:
        """The place of a route's backend, counted as it was written."""
        rule = self.rule(route)
        lists = ("route", "backendRefs", "backends")
        return self.at(*(f"{rule}.{name}[{number}]" for name in lists), f"route {route}")


def subject_of(contribution: Contribution) -> Subject:
    """The subject that a contribution is."""
    return Subject(contribution.object, dict(contribution.origins))
