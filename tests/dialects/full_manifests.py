"""One YAML document through its dialect, as the tests of this folder ask for it."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import dedent, indent
from typing import Any

from gossamer.dialects.read import read_manifest
from gossamer.dialects.reading import ReadResult
from gossamer.manifests.read import read_text
from gossamer.model.finding import Finding, Severity

NETWORKING = "networking.istio.io/v1"
GATEWAY_API = "gateway.networking.k8s.io/v1"


def reading(text: str) -> ReadResult:
    """The reading of the one document in this text."""
    (manifest,), findings = read_text(dedent(text), "mesh.yaml")
    assert findings == ()
    return read_manifest(manifest)


def document(api_version: str, kind: str, body: str, meta: str = "name: one") -> str:
    """A document of that kind with this `spec` (or other top-level fields)."""
    head = f"apiVersion: {api_version}\nkind: {kind}\nmetadata:\n"
    return head + indent(dedent(meta).strip(), "  ") + "\n" + dedent(body)


def spec(api_version: str, kind: str, body: str, meta: str = "name: one") -> ReadResult:
    """The reading of a document of that kind with this spec."""
    inside = "spec:\n" + indent(dedent(body).strip(), "  ") + "\n"
    return reading(document(api_version, kind, inside, meta))


def the(result: ReadResult) -> Any:
    """The only fragment of a reading that is without findings."""
    assert result.findings == ()
    assert result.contribution is not None
    (fragment,) = result.contribution.fragments
    return fragment


def first(result: ReadResult) -> Any:
    """The first fragment, whatever was found."""
    assert result.contribution is not None
    return result.contribution.fragments[0]


def codes(findings: Iterable[Finding], severity: Severity | None = None) -> list[str]:
    """The codes of findings (of one severity), in their order."""
    return [f.code for f in findings if severity in (None, f.severity)]


def refused(result: ReadResult) -> bool:
    """Whether the object as a whole was refused, and its author told."""
    errors = [each for each in result.findings if each.severity is Severity.ERROR]
    answer = bool(errors) and all("is refused" in each.effect for each in errors)
    return result.contribution is None and answer
