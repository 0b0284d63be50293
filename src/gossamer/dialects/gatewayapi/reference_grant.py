"""ReferenceGrant: who in another namespace may refer to what in this one."""

from __future__ import annotations

from gossamer.dialects.gatewayapi.limits import GRANT, check_lengths
from gossamer.dialects.gatewayapi.words import check_namespace
from gossamer.dialects.reading import ObjectFragments
from gossamer.dialects.refusal import refused
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Manifest, dotted
from gossamer.model.finding import Finding, Severity
from gossamer.model.traffic.gateway import Grant

Triple = tuple[str, str, str]
_GATEWAY = "gateway.networking.k8s.io"
_KINDS = (
    *((_GATEWAY, f"{protocol}Route") for protocol in ("HTTP", "GRPC", "TCP", "TLS", "UDP")),
    (_GATEWAY, "Gateway"),
    ("", "Service"),
    ("", "Secret"),
)


def read_reference_grant(manifest: Manifest, findings: list[Finding]) -> ObjectFragments:
    """One grant; with any error in it nothing is granted."""
    with Fields(manifest, (), findings) as top:
        spec = top.child("spec", required=True)
        sources = tuple(_triple(item, "namespace", True) for item in spec.each("from"))
        targets = tuple(_triple(item, "name", False) for item in spec.each("to"))
        for name in ("from", "to"):
            if spec.is_empty(name):
                _tell_empty(spec, name)
        check_lengths(spec, GRANT)
        is_refused = refused(spec, "it could grant something other than intended")
    grant = Grant(manifest.ref, manifest.namespace, sources, targets)
    return ObjectFragments((grant,), refused=is_refused)


def _triple(item: Fields, last: str, required: bool) -> Triple:
    group, kind = item.string("group", ""), item.string("kind", required=True) or ""
    if not item.has("group"):
        _tell_no_group(item)
    check_namespace(item)
    for right, name in _KINDS:
        if kind.lower() in (name.lower(), f"{name.lower()}s") and (right, name) != (group, kind):
            _tell_nobody(item, right, name)
    return group, kind, item.string(last, required=required) or ""


def _tell_no_group(item: Fields) -> None:
    item.report(
        f"{dotted((*item.path, 'group'))} is missing",
        "the API server refuses the grant; the core group is not implied",
        'Set group; "" is the group of Services and Secrets',
        field="group",
        code="missing-field",
    )


def _tell_nobody(item: Fields, group: str, kind: str) -> None:
    item.report(
        f"{dotted(item.path)} names an unknown kind",
        "nothing is granted by it",
        f'Write group: "{group}", kind: {kind}',
        field="kind",
        severity=Severity.WARNING,
        code="invalid-reference",
    )


def _tell_empty(spec: Fields, name: str) -> None:
    spec.report(
        f"spec.{name} is empty",
        "nothing is granted",
        f"Say in spec.{name} who may refer to what",
        field=name,
        code="missing-field",
    )
