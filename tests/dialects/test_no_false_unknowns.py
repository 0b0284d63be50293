"""An error in one field never makes its neighbours unknown: what is known stays known."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from gossamer.dialects.read import read_manifest
from gossamer.manifests.read import read_text
from tests.dialects import full_documents

WRONG: tuple[Any, ...] = ({"wrong": {"type": 1}}, ["wrong"], "wrong value", 10**9, None)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every field and item of a document below its spec or the like."""
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for key in keys:
        if key not in ("apiVersion", "kind", "metadata"):
            yield value, key
            yield from places(value[key])


@pytest.mark.parametrize("name", sorted(full_documents.ALL))
def test_what_is_known_stays_known(name: str) -> None:
    """Each field of each full document is put wrong, one at a time, in a few ways."""
    body = yaml.safe_load(full_documents.ALL[name])
    known = unknown_in(body)
    false: dict[str, str] = {}
    for at in range(len(list(places(body)))):
        for wrong in WRONG:
            changed = copy.deepcopy(body)
            holder, key = list(places(changed))[at]
            holder[key] = wrong
            for field in unknown_in(changed) - known:
                if "wrong" not in field and not field.startswith(f"{key}."):
                    false[field] = f"{key}: {wrong}"
    assert false == {}


def unknown_in(body: Any) -> set[str]:
    """The fields that the reader calls unknown."""
    manifests, _ = read_text(yaml.safe_dump(body), "test.yaml")
    return {
        finding.origin.field
        for manifest in manifests
        for finding in read_manifest(manifest).findings
        if finding.code == "unknown-field"
    }
