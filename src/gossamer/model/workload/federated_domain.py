"""Trust domains whose workloads are let in beside the mesh's own, each by its own roots."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FederatedDomain:
    """A foreign trust domain, and the roots (PEM) that alone prove its identities."""

    name: str
    roots: bytes
