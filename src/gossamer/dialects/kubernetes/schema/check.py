"""Reads an object by its kind's schema: every field that does not fit is reported."""

from __future__ import annotations

from collections.abc import Callable

from gossamer.dialects.kubernetes.schema import ROOTS, schema
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Manifest
from gossamer.model.finding import Finding

ENVELOPE = ("apiVersion", "kind", "metadata", "status")
"""Fields at an object's top that are read elsewhere, or are no declaration."""

_LEAVES: dict[str, Callable[[Fields, str], object]] = {
    "string": Fields.string,
    "integer": Fields.integer,
    "number": Fields.number,
    "boolean": Fields.boolean,
    "int-or-string": Fields.integer_or_string,
    "quantity": Fields.value,
    "any": Fields.value,
    "[]string": Fields.strings,
    "[]integer": Fields.value,
    "{}string": Fields.string_map,
    "{}any": Fields.mapping,
}


def check_fields(manifest: Manifest, findings: list[Finding]) -> None:
    """Report unknown fields, wrong types and missing fields, as the API server would refuse them.

    Kinds without a schema here are left alone. The fields are those of Kubernetes' OpenAPI
    description (`schema`).
    """
    root = ROOTS.get((manifest.group, manifest.kind))
    if root is not None:
        with Fields(manifest, (), findings) as top:
            _read(top, root)


def _read(at: Fields, kind: str) -> None:
    for name, type_ in schema()[kind].items():
        if not at.path and name in ENVELOPE:
            continue
        if type_.endswith("!") and not at.has(name):
            at.missing(name)
        _read_field(at, name, type_.rstrip("!"))


def _read_field(at: Fields, name: str, type_: str) -> None:
    if type_ in _LEAVES:
        _LEAVES[type_](at, name)
    elif type_.startswith("[]"):
        for item in at.each(name):
            _read(item, type_[2:])
    elif inside := at.child(name):
        _read(inside, type_)
