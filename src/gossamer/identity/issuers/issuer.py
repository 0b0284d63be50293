"""What signs certificates: a private key, the certificates above it, and the root that all trust.

A value, so that an authority may have a present one and a next one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

IssuerKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Issuer:
    """A signing key, its chain (its own certificate first, without the root), and the root.

    The chain is empty where the root itself signs. The key is never shown.
    """

    key: IssuerKey = field(repr=False)
    root: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate whose key signs."""
        return self.chain[0] if self.chain else self.root

    @property
    def ends(self) -> datetime:
        """When the first certificate above a leaf ends: nothing that it signed is good after."""
        return min(each.not_valid_after_utc for each in (*self.chain, self.root))

    @property
    def chain_pem(self) -> str:
        """What follows a leaf in its chain (PEM)."""
        return "".join(certificate_pem(each) for each in self.chain)

    @property
    def root_pem(self) -> str:
        """What peers verify chains against (PEM)."""
        return certificate_pem(self.root)


def certificate_pem(certificate: x509.Certificate) -> str:
    """A certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
