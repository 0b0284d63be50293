"""Key pairs and signing requests: made where the key is used, and the key never travels.

EC P-256 because Envoy's handshakes refuse Ed25519 leaves and RSA costs more at both ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gossamer.identity.plan import SpiffeId


@dataclass(frozen=True, slots=True)
class Lifespan:
    """When a certificate begins and ends to be good."""

    begins: datetime
    ends: datetime


def new_key() -> str:
    """A fresh P-256 key as unencrypted PKCS#8 PEM."""
    return key_pem(ec.generate_private_key(ec.SECP256R1()))


def key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    """A key as Envoy and gRPC read it."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def load_key(pem: str) -> ec.EllipticCurvePrivateKey:
    """The key in `pem`; ValueError if it is not an EC key."""
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("the private key is not an EC key")
    return key


def signing_request(pem: str) -> str:
    """A CSR for the key in `pem` that claims no identity: the authority's template decides."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    request = builder.sign(load_key(pem), hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()


def lifespan(chain_pem: str) -> Lifespan:
    """The lifespan of the first certificate in a chain."""
    leaf = x509.load_pem_x509_certificate(chain_pem.encode())
    return Lifespan(leaf.not_valid_before_utc, leaf.not_valid_after_utc)


def matches(key: str, chain_pem: str) -> bool:
    """Whether the chain's leaf was issued for this key."""
    leaf = x509.load_pem_x509_certificate(chain_pem.encode())
    return load_key(key).public_key() == leaf.public_key()


def issued_under(chain_pem: str, roots_pem: str) -> bool:
    """Whether one of the roots signed the chain's last certificate."""
    try:
        last = _certificates(chain_pem)[-1]
        return any(_signed_by(last, root) for root in _certificates(roots_pem))
    except ValueError:
        return False


def issued_by(chain_pem: str, issuer_pem: str) -> bool:
    """Whether the key of this very certificate signed the chain's leaf."""
    try:
        return _signed_by(_certificates(chain_pem)[0], _certificates(issuer_pem)[0])
    except ValueError:
        return False


def _certificates(pem: str) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(pem.encode())


def _signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def spiffe_of(chain_pem: str) -> SpiffeId:
    """The one SPIFFE id of a chain's leaf; ValueError if it has none or several."""
    leaf = x509.load_pem_x509_certificate(chain_pem.encode())
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        raise ValueError("the certificate names no identity (it has no SAN)") from None
    uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    if len(uris) != 1:
        raise ValueError(f"the certificate has {len(uris)} URI names, a SPIFFE id is exactly one")
    return SpiffeId.parse(uris[0])
