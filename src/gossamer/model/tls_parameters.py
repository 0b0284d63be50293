"""What a TLS handshake may agree on: the version, the cipher suites, the curves of key exchange."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

HYBRID = "X25519MLKEM768"
"""X25519 and ML-KEM-768 together: whoever records it now and has a quantum computer later reads
nothing."""

CURVES = (HYBRID, "X25519", "P-256", "P-384", "P-521")
CIPHER_SUITES = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-ECDSA-AES256-SHA",
    "ECDHE-RSA-AES128-SHA",
    "ECDHE-RSA-AES256-SHA",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
    "AES128-SHA",
    "AES256-SHA",
)
"""What Envoy knows by these names."""


class TlsVersion(StrEnum):
    """The oldest version that is spoken; the newest is 1.3 everywhere."""

    TLS_1_2 = "TLSV1_2"
    TLS_1_3 = "TLSV1_3"


@dataclass(frozen=True, slots=True)
class TlsParameters:
    """Cipher suites concern TLS 1.2 alone: those of 1.3 are fixed. Empty: what Envoy prefers."""

    minimum: TlsVersion = TlsVersion.TLS_1_2
    cipher_suites: tuple[str, ...] = ()
    curves: tuple[str, ...] = ()


WITHIN_THE_MESH = TlsParameters(TlsVersion.TLS_1_3, (), (HYBRID, "X25519", "P-256"))
"""Both ends are ours, so they need nothing older, and agree on the hybrid; a client that lacks it
gets X25519."""

WITH_OTHERS = TlsParameters()
"""TLS with whoever is not of the mesh: at gateways, and toward servers outside."""
