"""Whether Envoy could serve with a certificate and key, found out before it is asked to.

Envoy refuses what it cannot parse, keys of other certificates, short RSA keys and unusual kinds.
What is said here names the fault and quotes nothing.
"""

from __future__ import annotations

from typing import Any

from gossamer.model.traffic.secret import Leaf

_RSA_BITS = 2048
_CURVES = ("secp256r1", "secp384r1", "secp521r1")


def fault_of_chain(chain: bytes) -> str:
    """Why these PEM certificates are none; empty where they are."""
    from cryptography import x509

    try:
        return "" if x509.load_pem_x509_certificates(chain) else "has no certificate"
    except ValueError:
        return "has a certificate that cannot be parsed"


def leaf_of(chain: bytes) -> Leaf:
    """What the first of these good certificates says; its common name where it has no hosts."""
    from cryptography import x509

    leaf = x509.load_pem_x509_certificates(chain)[0]
    try:
        subjects = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = [*subjects.get_values_for_type(x509.DNSName)]
        names += [str(address) for address in subjects.get_values_for_type(x509.IPAddress)]
    except (x509.ExtensionNotFound, ValueError):
        common = leaf.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        names = [str(each.value) for each in common]
    return Leaf(
        tuple(name.lower() for name in names),
        leaf.not_valid_before_utc.timestamp(),
        leaf.not_valid_after_utc.timestamp(),
    )


def fault_of_pair(chain: bytes, key: bytes) -> str:
    """Why this key cannot serve with this chain; empty where it can."""
    from cryptography import x509

    private = _private_key(key)
    if private is None:
        return "has a key that cannot be parsed, or is encrypted"
    leaf = x509.load_pem_x509_certificates(chain)[0]
    try:
        same = leaf.public_key() == private.public_key()
    except (ValueError, TypeError, AttributeError):
        same = False
    return _fault_of_kind(private) if same else "has a key that is not its certificate's"


def _private_key(key: bytes) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(key, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None


def _fault_of_kind(private: Any) -> str:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    if isinstance(private, RSAPrivateKey):
        short = private.key_size < _RSA_BITS
        return f"has an RSA key of {private.key_size} bits, fewer than {_RSA_BITS}" if short else ""
    if isinstance(private, EllipticCurvePrivateKey) and private.curve.name in _CURVES:
        return ""
    return "has a key that is neither RSA nor ECDSA on P-256, P-384 or P-521"
