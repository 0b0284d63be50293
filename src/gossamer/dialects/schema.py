"""The fields that the published API of a kind has, so that those that we lack are told apart
from those that nobody has.

    DESTINATION = fields("host subset", port=fields("number"))

is a mapping with these three fields, one of them a mapping itself. Lists are as their items, and
`ANY` stands for every key of a map. What follows a field as a text is what is lost without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from gossamer.manifests.cursor import suggestion
from gossamer.manifests.manifest import Manifest, Path, dotted
from gossamer.model.finding import Finding, Severity

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
    part: Schema | str = schema
    for step in _STEP.finditer(field):
        name = step["quoted"] or step["plain"]
        if name is None:
            continue
        if isinstance(part, str):
            return None
        inside = part.get(name, part.get(ANY))
        if inside is None:
            return None
        part = inside
    return part if isinstance(part, str) else LOST


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
        remedy="Remove it, or accept this effect",
        code="unsupported-field",
    )


def unknown_inside(
    manifest: Manifest, schema: Schema, findings: list[Finding], at: Path = ()
) -> Iterator[Finding]:
    """Fields that the schema does not have, where no reader looked: in what is not supported yet.

    What was found already is not reported again. `at` is where the schema begins.
    """
    strange = _strange(schema, _value(manifest, at), at) if at else _below_top(schema, manifest)
    reported: set[str] | None = None
    for path, known in strange:
        reported = {each.origin.field for each in findings} if reported is None else reported
        if dotted(path) not in reported:
            yield _unknown(manifest, path, known)


def _below_top(schema: Schema, manifest: Manifest) -> Iterator[tuple[Path, Schema]]:
    """The same of a whole object, whose top is its reader's: the envelope stands there as well."""
    for name in filter(manifest.body.__contains__, schema):
        yield from _strange(schema[name], manifest.body[name], (name,))


def _strange(schema: Schema | str, value: Any, path: Path) -> Iterator[tuple[Path, Schema]]:
    """The path of each field that is in no schema, with the fields that stand at its place."""
    if isinstance(schema, str):
        return
    if isinstance(value, tuple):
        for at, item in enumerate(value):
            yield from _strange(schema, item, (*path, at))
    elif isinstance(value, Mapping):
        every = schema.get(ANY)
        for name, inside in value.items():
            known = schema.get(name, every)
            if known is None:
                yield (*path, name), schema
            elif not isinstance(known, str):
                yield from _strange(known, inside, (*path, name))


def _value(manifest: Manifest, path: Path) -> Any:
    value: Any = manifest.body
    for step in path:
        value = value[step]
    return value


def _unknown(manifest: Manifest, path: Path, known: Schema) -> Finding:
    return Finding(
        manifest.origin(path),
        f"unknown field {dotted(path)}",
        "it is ignored",
        suggestion(str(path[-1]), known)
        or f"Remove it, or check its spelling; known here: {', '.join(sorted(known))}",
        "unknown-field",
        Severity.WARNING,
    )
