"""Mesh-wide settings, as MeshConfig states them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gossamer.model.ids import CLUSTER_DOMAIN
from gossamer.model.origin import ObjectRef
from gossamer.model.tls_parameters import WITH_OTHERS, WITHIN_THE_MESH, TlsParameters
from gossamer.model.workload.ext_authz import ExternalAuthorizer


class OutboundTraffic(StrEnum):
    """What becomes of calls to addresses that the mesh doesn't know."""

    ALLOW_ANY = "ALLOW_ANY"
    REGISTRY_ONLY = "REGISTRY_ONLY"


class PathNormalization(StrEnum):
    """How paths are made alike before rules see them; each form does what those before it do."""

    NONE = "NONE"
    BASE = "BASE"
    MERGE_SLASHES = "MERGE_SLASHES"
    DECODE_AND_MERGE_SLASHES = "DECODE_AND_MERGE_SLASHES"


class ClientCertificate(StrEnum):
    """What a gateway does with `x-forwarded-client-cert`."""

    SANITIZE = "SANITIZE"
    FORWARD_ONLY = "FORWARD_ONLY"
    APPEND_FORWARD = "APPEND_FORWARD"
    SANITIZE_SET = "SANITIZE_SET"
    ALWAYS_FORWARD_ONLY = "ALWAYS_FORWARD_ONLY"


@dataclass(frozen=True, slots=True)
class Settings:
    """Mesh-wide settings; without a document these defaults hold.

    `path_normalization` None: BASE at sidecars, DECODE_AND_MERGE_SLASHES at gateways.
    `trust_domain_aliases` are other names of the trust domain: their identities are the same ones.
    `trusted_proxies` stand in front of every gateway and are believed about a client's address.
    `authorizers` are those that CUSTOM policies may ask.
    """

    object: ObjectRef | None = None
    outbound: OutboundTraffic = OutboundTraffic.ALLOW_ANY
    auto_mtls: bool = True
    trust_domain: str = CLUSTER_DOMAIN
    trust_domain_aliases: tuple[str, ...] = ()
    path_normalization: PathNormalization | None = None
    trusted_proxies: int = 0
    client_certificate: ClientCertificate = ClientCertificate.SANITIZE_SET
    access_log: bool = True
    mesh_tls: TlsParameters = WITHIN_THE_MESH
    other_tls: TlsParameters = WITH_OTHERS
    authorizers: tuple[ExternalAuthorizer, ...] = ()

    @property
    def trust_domains(self) -> tuple[str, ...]:
        """The trust domain, then its aliases."""
        return (self.trust_domain, *self.trust_domain_aliases)


DEFAULTS = Settings()
