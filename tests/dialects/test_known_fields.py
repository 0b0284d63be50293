"""What a kind's published API has is never unknown; what nobody has always is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from gossamer.dialects.read import SCHEMAS, read_manifest
from gossamer.dialects.schema import ANY, LOST, Schema, each, fields, lost_with
from gossamer.manifests.read import read_text
from gossamer.model.finding import Finding, Severity
from tests.dialects.full_manifests import GATEWAY_API, NETWORKING, codes, spec

Step = tuple[str, ...]
LISTS = """
accessLogging addresses allowOrigins backendRefs caCertificateRefs certificateRefs distribute
endpoints failover filters from http kinds listeners match matchExpressions matches metrics mirrors
overrides parentRefs perPort portLevelSettings ports providers queryParams requests route rules
servers set subsets targetRefs tcp tls tlsCertificates to tracing
"""
ITEMS = frozenset(LISTS.split())
"""The fields that hold lists of mappings."""


def leaves(schema: Schema, path: Step = ()) -> Iterator[Step]:
    """The way to every field of a schema."""
    for name, inside in schema.items():
        yield (*path, "any" if name == ANY else name)
        if isinstance(inside, Mapping):
            yield from leaves(inside, (*path, "any" if name == ANY else name))


def written(path: Step, lists: bool) -> Any:
    """A document part with that one field in it; with `lists` where a list may stand."""
    if not path:
        return "x"
    inside = written(path[1:], lists)
    listed = lists and path[0] in ITEMS and len(path) > 1
    return {path[0]: [inside] if listed else inside}


def said(group: str, kind: str, body: dict[str, Any]) -> tuple[Finding, ...]:
    """What the reader of this kind says of a body."""
    version = f"{group}/v1" if group else "v1"
    whole = {"apiVersion": version, "kind": kind, "metadata": {"name": "one"}, **body}
    (manifest,), _ = read_text(yaml.safe_dump(whole), "f.yaml")
    return read_manifest(manifest).findings


@pytest.mark.parametrize(
    ("group", "kind"),
    sorted(key for key in SCHEMAS if key[1] not in ("ConfigMap", "WorkloadEntry")),
)
def test_a_published_field_is_never_unknown(group: str, kind: str) -> None:
    """Each field alone, whether it stands in a mapping or in a list of them."""
    for path in leaves(SCHEMAS[group, kind]):
        for lists in (True, False):
            findings = said(group, kind, written(path, lists))
            assert "unknown-field" not in codes(findings), path


def test_a_field_that_nobody_has_is_unknown_beside_known_ones() -> None:
    """The table does not swallow what is misspelt."""
    result = spec(NETWORKING, "Gateway", "selector: {a: b}\nservers: [{ports: {number: 80}}]")
    assert "unknown-field" in codes(result.findings)


def test_what_is_lost_is_said() -> None:
    """Paths with indices and quoted keys find their field; its effect is the table's."""
    schema = fields("a", b=fields(c="no c"), d=each(fields("e")))
    assert lost_with(schema, "a") == LOST
    assert lost_with(schema, "b[3].c") == "no c"
    assert lost_with(schema, 'd["x.y/z"].e') == LOST
    assert lost_with(schema, "b.x") is None
    assert lost_with(schema, "a.b") is None


def one(found: tuple[Finding, ...], field: str) -> Finding:
    """The only finding on that field."""
    (finding,) = (each for each in found if each.origin.field == field)
    return finding


def test_files_of_a_gateways_certificate_are_known() -> None:
    """Beside credentialName they are not supported yet, and the effect says what serves."""
    result = spec(
        NETWORKING,
        "Gateway",
        """
        selector: {a: b}
        servers:
        - hosts: [a.example.com]
          port: {number: 443, name: https, protocol: HTTPS}
          tls: {mode: SIMPLE, credentialName: c, ecdhCurves: [X25519], alpnProtocols: [h2]}
        """,
    )
    for name in ("ecdhCurves", "alpnProtocols"):
        findings = one(result.findings, f"spec.servers[0].tls.{name}")
        assert (findings.code, findings.severity) == ("unsupported-field", Severity.WARNING)
        assert "not supported yet" in findings.message
        assert findings.effect == "TLS is not restricted by it"


def test_a_listeners_filters_are_known() -> None:
    """Gateway API's newer fields are told apart from misspelt ones."""
    result = spec(
        GATEWAY_API,
        "Gateway",
        "gatewayClassName: gossamer\ndefaultScope: All\n"
        "listeners: [{name: a, port: 80, protocol: HTTP, filters: {}, filter: {}}]",
    )
    assert codes(result.findings) == ["unsupported-field", "unsupported-field", "unknown-field"]


def mesh_config(text: str) -> tuple[Finding, ...]:
    """What is said of a MeshConfig with this text."""
    whole = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "istio", "namespace": "istio-system"},
        "data": {"mesh": text},
    }
    (manifest,), _ = read_text(yaml.safe_dump(whole), "f.yaml")
    return read_manifest(manifest).findings


def test_mesh_config_tells_what_it_does_not_honour_and_what_is_misspelt() -> None:
    """A known setting is not supported yet; one that MeshConfig lacks is unknown."""
    result = mesh_config("accessLogFormat: x\nenableAutoMTLS: false\n")
    assert sorted(codes(result)) == ["unknown-field", "unsupported-field"]
