"""Each trust domain is proven by its own roots alone: Envoy's SPIFFE validator.

A list of roots would do for one domain. With two, a root of either could sign for the other.
"""

from __future__ import annotations

from collections.abc import Iterable

from envoy.extensions.transport_sockets.tls.v3.common_pb2 import CertificateValidationContext
from envoy.extensions.transport_sockets.tls.v3.tls_spiffe_validator_config_pb2 import (
    SPIFFECertValidatorConfig,
)

from gossamer.compile.protos import packed
from gossamer.model.workload.federated_domain import FederatedDomain

NAME = "envoy.tls.cert_validator.spiffe"


def prove_by_domain(
    validation: CertificateValidationContext, domains: Iterable[FederatedDomain]
) -> None:
    """Replace the roots of a validation context by those of each domain."""
    config = SPIFFECertValidatorConfig()
    for domain in domains:
        added = config.trust_domains.add(name=domain.name)
        added.trust_bundle.inline_bytes = domain.roots
    validation.ClearField("trusted_ca")
    validation.custom_validator_config.name = NAME
    validation.custom_validator_config.typed_config.CopyFrom(packed(config))
