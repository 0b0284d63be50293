"""HTTPPathModifier: a new path, or a new value for the matched prefix."""

from __future__ import annotations

from gossamer.dialects.values.header import check_header_value
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.policies.rewrite import PathRewrite, Replace

_KINDS = {
    "ReplaceFullPath": ("replaceFullPath", Replace.FULL),
    "ReplacePrefixMatch": ("replacePrefixMatch", Replace.PATH_PREFIX),
}


def read_path_modifier(stanza: Fields) -> PathRewrite | None:
    """The rewrite of a filter's `path`; errors are reported in the stanza."""
    path = stanza.child("path")
    kind = path.one_of("type", _KINDS, required=bool(path))
    if kind is None:
        path.skip(*(field for field, _ in _KINDS.values()))
        return None
    field, replace = kind
    value = path.string(field, "")
    others = [name for name, _ in _KINDS.values() if name != field and path.has(name)]
    for other in others:
        _tell_other(path, other, field)
    if not path.has(field) and not others:
        _tell_missing(path, field)
    check_header_value(path, field, value)
    return PathRewrite(replace, value or "/")


def _tell_other(path: Fields, other: str, field: str) -> None:
    path.skip(other)
    path.report(
        f"{dotted((*path.path, other))} is set, but the type requires {field}",
        "the API server refuses the route; it has no effect",
        f"Write {field}, or the type that {other} is for",
        field=other,
    )


def _tell_missing(path: Fields, field: str) -> None:
    path.report(
        f"{dotted((*path.path, field))} is missing, but the type requires it",
        "the API server refuses the route",
        f'Set {field}; {field}: "" removes the prefix, or leads to /',
        field=field,
        code="missing-field",
    )
