"""Mesh-wide settings, as MeshConfig states them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gossamer.model.ids import CLUSTER_DOMAIN
from gossamer.model.origin import ObjectRef


class OutboundTraffic(StrEnum):
    """What becomes of calls to addresses that the mesh doesn't know."""

    ALLOW_ANY = "ALLOW_ANY"
    REGISTRY_ONLY = "REGISTRY_ONLY"


@dataclass(frozen=True, slots=True)
class Settings:
    """Mesh-wide settings; without a document these defaults hold."""

    object: ObjectRef | None = None
    outbound: OutboundTraffic = OutboundTraffic.ALLOW_ANY
    auto_mtls: bool = True
    trust_domain: str = CLUSTER_DOMAIN


DEFAULTS = Settings()
