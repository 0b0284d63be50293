"""Namespaces: their labels, by which gateways admit routes and injection is chosen."""

from __future__ import annotations

from gossamer.dialects.reading import Read
from gossamer.manifests.manifest import Manifest
from gossamer.model.finding import Finding
from gossamer.model.labels import labels
from gossamer.model.secret import Namespace


def read_namespace(manifest: Manifest, findings: list[Finding]) -> Read:
    """A namespace and its labels; nothing in it can be wrong for us."""
    return Read((Namespace(manifest.ref, manifest.name, labels(manifest.labels)),))
