"""What is said of objects of kinds that are not read: nothing, unless they are of a mesh's own
groups."""

from __future__ import annotations

from dataclasses import dataclass

from gossamer.manifests.manifest import Manifest
from gossamer.model.finding import Finding, Severity


@dataclass(frozen=True, slots=True)
class _Loss:
    """What is lost with an object, and how bad that is."""

    effect: str
    severity: Severity = Severity.INFO


GROUPS = (
    "networking.istio.io",
    "security.istio.io",
    "telemetry.istio.io",
    "extensions.istio.io",
    "gateway.networking.k8s.io",
    "gateway.networking.x-k8s.io",
    "split.smi-spec.io",
    "specs.smi-spec.io",
    "access.smi-spec.io",
)
_LOSSES = {
    "BackendTLSPolicy": _Loss("its backends are not called with that TLS", Severity.WARNING),
}
_NOTHING = _Loss("it has no effect")


def findings(manifest: Manifest) -> tuple[Finding, ...]:
    """One remark on an object of our groups whose kind is not read; none on any other."""
    if manifest.group not in GROUPS:
        return ()
    loss = _LOSSES.get(manifest.kind, _NOTHING)
    return (
        Finding(
            manifest.origin(("kind",)),
            f"{manifest.kind} ({manifest.api_version}) is not read by the mesh",
            loss.effect,
            "Remove it, or accept this effect",
            "kind-not-read",
            loss.severity,
        ),
    )


def broken(manifest: Manifest, failure: Exception) -> Finding:
    """The remark on an object that its reader stumbled over, which is our fault."""
    return Finding(
        manifest.origin(),
        f"the reader of {manifest.kind} failed: {type(failure).__name__}",
        "nothing of this object is used; all others are",
        "Please report this object to Gossamer's authors",
        "reader-failed",
    )
