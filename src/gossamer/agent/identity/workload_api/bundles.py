"""Whom a workload believes, for the Workload API: exactly what its Envoy was given. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gossamer.identity.plan import TRUST_DOMAIN

_LIST = re.compile(rb"-----BEGIN X509 CRL-----.*?-----END X509 CRL-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Bundles:
    """DER roots of this mesh, of each federated trust domain, and revocation lists (DER)."""

    own: bytes
    federated: Mapping[str, bytes]
    revoked: tuple[bytes, ...] = ()


def of_roots(roots_pem: str) -> Bundles:
    """The roots alone, before the proxy has more."""
    return Bundles(_ders(roots_pem.encode()), {})


def of_secret(secret: bytes) -> Bundles:
    """What the xDS secret of the mesh's roots says: a list of roots, or roots by trust domain."""
    from envoy.extensions.transport_sockets.tls.v3 import secret_pb2
    from envoy.extensions.transport_sockets.tls.v3.tls_spiffe_validator_config_pb2 import (
        SPIFFECertValidatorConfig,
    )

    context = secret_pb2.Secret.FromString(secret).validation_context
    revoked = tuple(map(_list_der, _LIST.findall(context.crl.inline_bytes)))
    if not context.HasField("custom_validator_config"):
        return Bundles(_ders(context.trusted_ca.inline_bytes), {}, revoked)
    by_domain = SPIFFECertValidatorConfig.FromString(
        context.custom_validator_config.typed_config.value
    )
    roots = {each.name: _ders(each.trust_bundle.inline_bytes) for each in by_domain.trust_domains}
    return Bundles(roots.pop(TRUST_DOMAIN, b""), roots, revoked)


def _ders(pem: bytes) -> bytes:
    roots = x509.load_pem_x509_certificates(pem)
    return b"".join(root.public_bytes(Encoding.DER) for root in roots)


def _list_der(pem: bytes) -> bytes:
    return x509.load_pem_x509_crl(pem).public_bytes(Encoding.DER)
