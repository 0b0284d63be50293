"""The messages of the SPIFFE Workload API, as bytes. Pure.

The protocol has a dozen messages of strings and bytes, so they are written field by field, as
SPIFFE's `workload.proto` numbers them, and no generated code is shipped for them.
"""

from __future__ import annotations

from collections.abc import Mapping

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from gossamer.agent.identity.workload_api.bundles import Bundles
from gossamer.identity.keys import load_key, spiffe_of
from gossamer.identity.plan import TRUST_DOMAIN
from gossamer.xds.wire import field, text


def x509_svid_response(key: str, chain: str, bundles: Bundles) -> bytes:
    """X509SVIDResponse: a key and its chain (PEM, as the agent keeps them), and whom to believe."""
    certificates = x509.load_pem_x509_certificates(chain.encode())
    svid = (
        text(1, str(spiffe_of(chain)))
        + field(2, b"".join(each.public_bytes(Encoding.DER) for each in certificates))
        + field(3, _key_der(key))
        + field(4, bundles.own)
    )
    return field(1, svid) + _lists(2, bundles) + _entries(3, bundles.federated)


def x509_bundles_response(bundles: Bundles) -> bytes:
    """X509BundlesResponse: the roots of each trust domain, this one among them."""
    every = {TRUST_DOMAIN: bundles.own, **bundles.federated}
    return _lists(1, bundles) + _entries(2, every)


def _key_der(pem: str) -> bytes:
    return load_key(pem).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _lists(number: int, bundles: Bundles) -> bytes:
    return b"".join(field(number, each) for each in bundles.revoked)


def _entries(number: int, by_domain: Mapping[str, bytes]) -> bytes:
    """A map from trust domain to roots: on the wire, an entry each."""
    entries = (text(1, f"spiffe://{name}") + field(2, der) for name, der in by_domain.items())
    return b"".join(field(number, entry) for entry in entries)
