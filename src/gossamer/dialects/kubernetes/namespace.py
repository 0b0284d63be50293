"""Namespaces: their labels, by which gateways admit routes and injection is chosen."""

from __future__ import annotations

from difflib import get_close_matches

from gossamer.dialects.kubernetes.annotations.misplaced import unheard
from gossamer.dialects.reading import ObjectFragments
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Manifest, quoted
from gossamer.model.finding import Finding, Severity
from gossamer.model.traffic.secret import Namespace
from gossamer.model.workload.labels import labels

INJECTION = "istio-injection"
REVISION = "istio.io/rev"
_WORDS = ("enabled", "disabled")


def read_namespace(manifest: Manifest, findings: list[Finding]) -> ObjectFragments:
    """A namespace and its labels. A near miss of the injection label is reported: it does
    nothing."""
    findings += unheard(manifest)
    with Fields(manifest, (), findings) as top:
        if INJECTION in manifest.labels and REVISION in manifest.labels:
            what = f"the labels {INJECTION} and {REVISION} exclude each other"
            _tell(top, REVISION, what, f"Keep one of them: {REVISION} for a revision's proxies")
        for name, value in manifest.labels.items():
            if name == INJECTION and value not in _WORDS:
                what = f"the label {INJECTION} is {quoted(value)}"
                _tell(top, name, what, f"Write {' or '.join(_WORDS)}")
            elif name != INJECTION and "/" not in name and _is_near(name):
                _tell(top, name, f"the label {name} has no meaning here", f"Write {INJECTION}")
        top.skip(*top.names())
    return ObjectFragments((Namespace(manifest.ref, manifest.name, labels(manifest.labels)),))


def _is_near(name: str) -> bool:
    return bool(get_close_matches(name, [INJECTION, "istio-inject"], 1, 0.85))


def _tell(top: Fields, name: str, what: str, remedy: str) -> None:
    top.report(
        what,
        "whether pods get a proxy is decided without it",
        remedy,
        field=("metadata", "labels", name),
        severity=Severity.WARNING,
        code="no-effect",
    )
