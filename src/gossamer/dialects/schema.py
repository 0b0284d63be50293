"""The fields that the published API of a kind has, so that those that we lack are told apart
from those that nobody has.

    DESTINATION = fields("host subset", port=fields("number"))

is a mapping with these three fields, one of them a mapping itself. Lists are as their items, and
`ANY` stands for every key of a map. What follows a field as a text is what is lost without it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from gossamer.model.finding import Finding

Schema = Mapping[str, "Schema | str"]
ANY = "*"
LOST = "it has no effect"
_STEP = re.compile(r'\["(?P<quoted>.*?)"\]|\[\d+\]|(?P<plain>[^.\[\]]+)')


def fields(words: str = "", **inside: Schema | str) -> Schema:
    """The plain fields named in `words`, and those with something inside or an effect."""
    return {**dict.fromkeys(words.split(), LOST), **inside}


def each(schema: Schema) -> Schema:
    """A map of any keys, with this in each."""
    return {ANY: schema}


def lost_with(schema: Schema, field: str) -> str | None:
    """What is lost where the field at this dotted path is not honoured; None if there is none."""
    found: Schema | str = schema
    for step in _STEP.finditer(field):
        name = step["quoted"] or step["plain"]
        if name is None:
            continue
        if isinstance(found, str):
            return None
        inside = found.get(name, found.get(ANY))
        if inside is None:
            return None
        found = inside
    return found if isinstance(found, str) else LOST


def told_apart(schema: Schema, finding: Finding) -> Finding:
    """A remark on an unknown field as one on a field that is not supported, where it is known."""
    if finding.code != "unknown-field":
        return finding
    effect = lost_with(schema, finding.origin.field)
    if effect is None:
        return finding
    return replace(
        finding,
        message=f"{finding.origin.field} is not supported yet",
        effect=effect,
        remedy="Remove it, or do without what it asks for",
        code="unsupported-field",
    )
