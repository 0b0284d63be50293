"""What every object has, whatever its kind: apiVersion, kind and the names in its metadata."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gossamer.manifests.created import read_created
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Manifest, Source
from gossamer.manifests.refusal import DocumentRefused
from gossamer.manifests.scope import is_cluster_scoped
from gossamer.model.finding import Finding, Severity

_DEFAULT_NAMESPACE = "default"
_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_NAMESPACE = re.compile(_LABEL)
_PART = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"  # of a name its parts may be longer than labels of DNS
_NAME = re.compile(rf"{_PART}(\.{_PART})*")
_LABELS = frozenset({("", "Namespace"), ("", "Service"), ("networking.istio.io", "Gateway")})
_SERVICE = ("", "Service")
_RBAC_NAME = re.compile(r"[^/%\s\x00-\x1f]{1,253}")
_API_VERSION = re.compile(r"([a-z0-9][-a-z0-9.]*/)?v[0-9][a-z0-9]*")
_KIND = re.compile(r"[A-Z][A-Za-z0-9]{0,62}")


def manifest_of(
    body: Mapping[str, Any], source: Source, text: str, findings: list[Finding]
) -> Manifest | None:
    """The manifest, or None with findings that say why it is none.

    Raises DocumentRefused where not even its kind is known.
    """
    api_version, kind = _type_of(body, source)
    bare = Manifest(api_version, kind, "", "", body=body, text=text, source=source)
    remarks: list[Finding] = []
    metadata = Fields(bare, ("metadata",), remarks)
    named = replace(
        bare,
        name=_name(metadata, bare),
        namespace=_namespace(metadata, bare),
        labels=metadata.string_map("labels"),
        annotations=metadata.string_map("annotations"),
        created=read_created(metadata),
    )
    findings.extend(_about(finding, named, metadata.failed) for finding in remarks)
    return None if metadata.failed else named


def _type_of(body: Mapping[str, Any], source: Source) -> tuple[str, str]:
    for field, pattern, example in (
        ("apiVersion", _API_VERSION, "networking.istio.io/v1"),
        ("kind", _KIND, "VirtualService"),
    ):
        value = body.get(field)
        line = source.line((field,)) or 0
        if value is None:
            what = f"{field} is missing, so this is not a Kubernetes object"
            raise DocumentRefused(line, "missing-field", what, f"Set {field}, such as {example}")
        if not isinstance(value, str) or not pattern.fullmatch(value):
            what = f"{field} is {str(value)[:60]!r}, which is not a valid value"
            raise DocumentRefused(line, "invalid-field", what, f"Write one such as {example}")
    return str(body["apiVersion"]), str(body["kind"])


def _name(metadata: Fields, bare: Manifest) -> str:
    name = metadata.string("name", required=True) or ""
    if (bare.group, bare.kind) in _LABELS:
        fits, what, longest = _NAMESPACE.fullmatch(name), "label", 63
        remedy = "Use lower-case letters, digits and - only, at most 63 of them"
    else:
        rbac = bare.group == "rbac.authorization.k8s.io"
        fits, what, longest = (_RBAC_NAME if rbac else _NAME).fullmatch(name[:254]), "name", 253
        remedy = "Use lower-case letters, digits, - and . only, at most 253 of them"
    if fits and (bare.group, bare.kind) == _SERVICE and name[0].isdigit():
        _tell_digit(metadata, name)
    elif name and (len(name) > longest or not fits):
        metadata.report(
            f'metadata.name is "{name[:80]}", which is not a valid DNS {what}',
            "the field is treated as absent",
            remedy,
            field="name",
            code="invalid-name",
        )
    return name


def _tell_digit(metadata: Fields, name: str) -> None:
    """A Service is named by RFC 1035, where a label begins with a letter."""
    metadata.report(
        f'metadata.name is "{name}", which begins with a digit',
        "the field is treated as absent",
        "Begin it with a letter: the API server takes no other name for a Service",
        field="name",
        code="invalid-name",
    )


def _namespace(metadata: Fields, bare: Manifest) -> str:
    namespace = metadata.string("namespace") or _DEFAULT_NAMESPACE
    if is_cluster_scoped(bare.group, bare.kind):
        return ""
    if not _NAMESPACE.fullmatch(namespace):
        metadata.report(
            f'metadata.namespace is "{namespace[:80]}", which is not a valid DNS label',
            "the field is treated as absent",
            "Use lower-case letters, digits and - only, at most 63 of them",
            field="namespace",
            code="invalid-name",
        )
    return namespace


def _about(finding: Finding, manifest: Manifest, rejected: bool) -> Finding:
    """The finding with the object's name, now that it is known, and its true effect."""
    is_error = rejected and finding.severity is Severity.ERROR
    return replace(
        finding,
        origin=replace(finding.origin, object=manifest.ref),
        effect="the whole object is ignored" if is_error else finding.effect,
    )
