"""The entry point of the dialects: one manifest in, its contribution to the mesh and findings out.

Which reader takes a manifest is decided by API group and kind; versions read alike.
"""

from __future__ import annotations

from dataclasses import replace

from gossamer.dialects import unread
from gossamer.dialects.gatewayapi.kinds import GATEWAY_API_KINDS
from gossamer.dialects.gatewayapi.schema import GATEWAY_API_SCHEMAS
from gossamer.dialects.gossamer.rego import has_rego, read_rego
from gossamer.dialects.istio.kinds import ISTIO_KINDS
from gossamer.dialects.istio.mesh.mesh_config import read_mesh_config
from gossamer.dialects.istio.schema import ISTIO_SCHEMAS
from gossamer.dialects.known import misspelt, wrong_version
from gossamer.dialects.kubernetes.kinds import KUBERNETES_KINDS
from gossamer.dialects.kubernetes.schema.check import check_fields
from gossamer.dialects.kubernetes.stanzas import KUBERNETES_SCHEMAS
from gossamer.dialects.places import places
from gossamer.dialects.reading import KindReader, ObjectFragments, ReadResult
from gossamer.dialects.schema import Schema, fields, told_apart, unknown_inside
from gossamer.dialects.smi.kinds import SMI_KINDS
from gossamer.manifests.manifest import Manifest
from gossamer.model.finding import Finding
from gossamer.model.fragment import YOUNGEST, Contribution


def _config_map(manifest: Manifest, findings: list[Finding]) -> ObjectFragments | None:
    """Most are for applications alone; one is Istio's MeshConfig, and some hold Rego."""
    return (read_rego if has_rego(manifest) else read_mesh_config)(manifest, findings)


KINDS: dict[tuple[str, str], KindReader] = {
    **KUBERNETES_KINDS,
    **ISTIO_KINDS,
    **GATEWAY_API_KINDS,
    **SMI_KINDS,
    ("", "ConfigMap"): KindReader(_config_map, ("data.mesh", "data.*")),
}
SCHEMAS: dict[tuple[str, str], Schema] = {
    **KUBERNETES_SCHEMAS,
    **ISTIO_SCHEMAS,
    **GATEWAY_API_SCHEMAS,
}
_NO_SCHEMA = fields()


def read_manifest(manifest: Manifest, created: int = YOUNGEST) -> ReadResult:
    """Read one manifest. Whatever its body, this returns; errors are findings.

    `created` is its age where the manifest says none: when a store took it first.
    """
    reader = KINDS.get((manifest.group, manifest.kind))
    findings = list(wrong_version(manifest, KINDS))
    if reader is None:
        lost = misspelt(manifest, KINDS) or unread.findings(manifest)
        return ReadResult(None, (*findings, *lost))
    try:
        return _reading(reader, manifest, created, findings)
    except Exception as failure:  # last resort: one object must never stop its neighbours
        return ReadResult(None, (*findings, unread.broken(manifest, failure)))


def _reading(
    reader: KindReader, manifest: Manifest, created: int, remarks: list[Finding]
) -> ReadResult:
    check_fields(manifest, remarks)
    fragments = reader.read(manifest, remarks)
    schema = SCHEMAS.get((manifest.group, manifest.kind), _NO_SCHEMA)
    remarks += unknown_inside(manifest, schema, remarks)
    findings = tuple(dict.fromkeys(told_apart(schema, finding) for finding in remarks))
    if fragments is None:
        return ReadResult(None, findings)
    origins = places(manifest, reader.points, fragments.named)
    age = created if manifest.created is None else manifest.created
    contribution = Contribution(manifest.ref, fragments.fragments, age, origins)
    if fragments.refused:
        return ReadResult(None, findings, contribution)
    fixed = replace(contribution, fragments=fragments.fixed) if fragments.fixed else None
    return ReadResult(contribution, findings, fixed)
