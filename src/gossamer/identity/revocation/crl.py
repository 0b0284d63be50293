"""Revocation lists: which certificates that an issuer signed are refused before their time.

Envoy refuses *every* certificate of an issuer for which it has none once it has one of another's
(and all of them once a list is out of date), whatever `only_verify_leaf_cert_crl` says. So there is
a list for each issuer or none at all, and a list is good for as long as its issuer.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from gossamer.identity.certificate import authority_key
from gossamer.identity.issuance.entry import ChainedEntry
from gossamer.identity.issuers.issuer import Issuer
from gossamer.identity.plan import BACKDATE, pod_of_dns
from gossamer.identity.revocation.bans import Bans


def revoked_serials(bans: Bans, entries: Iterable[ChainedEntry], now: datetime) -> frozenset[int]:
    """The serials of certificates that were issued to the banned and have not ended."""
    return frozenset(
        int(entry.serial, 16)
        for entry in entries
        if entry.serial and bans.refusing(entry.spiffe, _pod(entry)) and _lives(entry, now)
    )


def _pod(entry: ChainedEntry) -> str:
    return pod_of_dns(entry.dns[0] if entry.dns else "")


def _lives(entry: ChainedEntry, now: datetime) -> bool:
    return datetime.fromisoformat(entry.not_after) > now


def revocation_lists(issuers: Iterable[Issuer], serials: frozenset[int], now: datetime) -> bytes:
    """A list of each issuer, with all of these serials (PEM): a serial is one issuer's alone."""
    return b"".join(_list_of(issuer, serials, now) for issuer in issuers)


def _list_of(issuer: Issuer, serials: frozenset[int], now: datetime) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(now - BACKDATE)
        .next_update(issuer.ends)
        # Roots may share a name: the key says whose list it is.
        .add_extension(authority_key(issuer.certificate), critical=False)
        .add_extension(x509.CRLNumber(int(now.timestamp() * 1000)), critical=False)
    )
    for serial in sorted(serials):
        builder = builder.add_revoked_certificate(_revoked(serial, now))
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _revoked(serial: int, now: datetime) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder().serial_number(serial)
    return builder.revocation_date(now - BACKDATE).build()


def cover(issuers: Iterable[Issuer], trusted_pem: bytes) -> bool:
    """Whether all roots that the mesh trusts are of these issuers, so that each has a list."""
    try:
        trusted = x509.load_pem_x509_certificates(trusted_pem)
    except ValueError:
        return False
    return set(trusted) <= {issuer.root for issuer in issuers}
