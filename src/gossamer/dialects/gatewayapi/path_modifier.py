"""HTTPPathModifier: a new path, or a new value for the matched prefix."""

from __future__ import annotations

from gossamer.dialects.header import check_header_value
from gossamer.manifests.fields import Fields
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
    check_header_value(path, field, value)
    return PathRewrite(replace, value or "/")
