"""Good documents with one thing wrong: each place in turn, each sort of wrong value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from gossamer.dialects.read import read_manifest
from gossamer.manifests.manifest import Manifest
from gossamer.manifests.read import read_text
from gossamer.model.finding import Severity
from tests.dialects.full_documents import ALL

ODD = (None, 5, -1, 10**12, 0.5, True, "", "x y", "\n", "*", "(", ("x",), (7,), (None,))
TREES: tuple[object, ...] = (
    MappingProxyType({}),
    MappingProxyType({"x": 1}),
    (),
    (MappingProxyType({"x": ()}),),
)


def _manifest(text: str) -> Manifest:
    (manifest,), findings = read_text(text, "mesh.yaml")
    assert findings == ()
    return manifest


def _mutants(value: Any) -> Iterator[Any]:
    """The value with one thing in it replaced, or left out."""
    yield from (*ODD, *TREES)
    if isinstance(value, Mapping):
        for key, inside in value.items():
            yield MappingProxyType({k: v for k, v in value.items() if k != key})
            for mutant in _mutants(inside):
                yield MappingProxyType({**value, key: mutant})
    elif isinstance(value, tuple):
        for at, inside in enumerate(value):
            for mutant in _mutants(inside):
                yield (*value[:at], mutant, *value[at + 1 :])


@pytest.mark.parametrize("name", ALL)
def test_rich_documents_read_without_a_word(name: str) -> None:
    """What is right is read in full: no finding at all, and something for the mesh."""
    result = read_manifest(_manifest(ALL[name]))
    assert result.findings == ()
    assert result.contribution is not None
    assert result.contribution.fragments


@pytest.mark.parametrize("name", ALL)
def test_one_wrong_thing_never_breaks_a_reader(name: str) -> None:
    """Any one wrong value is a finding or harmless; a refusal always comes with an error."""
    manifest = _manifest(ALL[name])
    body = {k: v for k, v in manifest.body.items() if k not in ("apiVersion", "kind", "metadata")}
    for mutant in _mutants(MappingProxyType(body)):
        if not isinstance(mutant, Mapping):
            continue
        result = read_manifest(replace(manifest, body=mutant))
        findings = {finding.severity for finding in result.findings}
        assert "reader-failed" not in {finding.code for finding in result.findings}
        assert result.contribution is not None or Severity.ERROR in findings or "data" in body
        hash(result.contribution and result.contribution.fragments)
