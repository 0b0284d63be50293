"""Which fields of an object a change touches, with their values unless they are secret.

What an audit log holds is read by more people than the object was written for, so values of
Secrets, of variables and of kubectl's copies are `***`; that one changed is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gossamer.manifests.manifest import Manifest, Path, dotted, quoted
from gossamer.manifests.secrecy import MASK, is_secret_kind
from gossamer.plane.access.masking import is_hidden
from gossamer.plane.api.access_shapes import FieldChange

MOST_FIELDS = 40
"""So many fields of one object are told; `more` counts the others."""

_LONGEST_FIELD = 200


def field_changes(before: Manifest | None, after: Manifest | None) -> tuple[list[FieldChange], int]:
    """The first fields that differ, and how many more do."""
    old, new = _leaves(before), _leaves(after)
    secret = any(is_secret_kind(each.kind) for each in (before, after) if each)
    paths = [path for path in {**old, **new} if old.get(path) != new.get(path)]
    first = [_change(path, old.get(path), new.get(path), secret) for path in paths[:MOST_FIELDS]]
    return first, max(0, len(paths) - MOST_FIELDS)


def _change(path: Path, old: Any, new: Any, secret: bool) -> FieldChange:
    field = dotted(path)
    hidden = is_hidden(field, str(path[0]) if path else "", secret)
    return FieldChange(field[:_LONGEST_FIELD], _words(old, hidden), _words(new, hidden))


def _words(value: Any, hidden: bool) -> str | None:
    if value is None:
        return None
    return MASK if hidden else quoted(value)


def _leaves(manifest: Manifest | None) -> dict[Path, Any]:
    return dict(_below((), manifest.body)) if manifest else {}


def _below(path: Path, value: Any) -> Iterator[tuple[Path, Any]]:
    """Each value that is no mapping or list, with the way to it; empty ones are values too."""
    if isinstance(value, Mapping) and value:
        for key, inside in value.items():
            yield from _below((*path, key), inside)
    elif isinstance(value, tuple) and value:
        for at, inside in enumerate(value):
            yield from _below((*path, at), inside)
    else:
        yield path, value
