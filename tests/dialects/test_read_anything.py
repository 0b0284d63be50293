"""Whatever stands in an object, reading it returns, and no reader breaks."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings, strategies

from gossamer.dialects.read import KINDS, read_manifest
from gossamer.manifests.manifest import Manifest
from gossamer.model.finding import Severity
from tests.dialects.full_documents import ALL

WORDS = sorted(set(re.findall(r"(\w+):", "".join(ALL.values()))))
TEXTS = strategies.sampled_from(
    ["*", "/", "a", "a.b", "[", "5s", "-1", "None", "Exact", "HTTP", "HTTPS", "STRICT", "SIMPLE"]
) | strategies.text(max_size=6)
SCALARS = (
    strategies.none()
    | strategies.booleans()
    | strategies.integers()
    | strategies.floats(allow_nan=False)
    | TEXTS
)
KEYS = strategies.sampled_from(WORDS) | strategies.text(max_size=4)
VALUES: strategies.SearchStrategy[Any] = strategies.recursive(
    SCALARS,
    lambda inner: (
        strategies.lists(inner, max_size=3).map(tuple)
        | strategies.dictionaries(KEYS, inner, max_size=5).map(MappingProxyType)
    ),
    max_leaves=30,
)


@pytest.mark.parametrize("kind", sorted(KINDS))
@settings(max_examples=60, deadline=None)
@given(body=strategies.dictionaries(KEYS, VALUES, max_size=5), spec=VALUES)
def test_reading_never_fails(kind: tuple[str, str], body: dict[str, Any], spec: Any) -> None:
    """Any tree of values gives a contribution or findings; the last resort is never needed."""
    group, name = kind
    whole = MappingProxyType({**body, "spec": spec})
    where = ("istio-system", "istio") if name == "ConfigMap" else ("default", "one")
    manifest = Manifest(f"{group}/v1" if group else "v1", name, *where, body=whole)
    result = read_manifest(manifest)
    assert "reader-failed" not in {finding.code for finding in result.findings}
    for finding in result.findings:
        assert finding.message
        assert finding.effect
        assert finding.remedy


def test_a_broken_reader_rejects_one_object(monkeypatch: pytest.MonkeyPatch) -> None:
    """Should a reader ever fail, that object is refused with a finding and the plane lives on."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("gossamer.dialects.read.places", fail)
    result = read_manifest(Manifest("v1", "Namespace", "", "one"))
    assert result.contribution is None
    assert [f.code for f in result.findings] == ["reader-failed"]


@pytest.mark.parametrize(
    ("api_version", "kind", "severity"),
    [
        ("apps/v1", "ControllerRevision", None),
        ("v1", "ConfigMap", None),
        ("example.com/v1", "Gateway", None),
        ("v1", "ServiceAccount", None),
        ("networking.istio.io/v1", "Sidecar", Severity.INFO),
        ("gateway.networking.k8s.io/v1", "GRPCRoute", Severity.INFO),
        ("gateway.networking.k8s.io/v1alpha3", "BackendTLSPolicy", Severity.WARNING),
    ],
)
def test_kinds_that_nobody_reads(api_version: str, kind: str, severity: Severity | None) -> None:
    """Others' kinds pass silently; a mesh's own that we don't read are told, louder if unsafe."""
    result = read_manifest(Manifest(api_version, kind, "default", "one"))
    assert result.contribution is None
    assert [f.severity for f in result.findings] == ([severity] if severity else [])
