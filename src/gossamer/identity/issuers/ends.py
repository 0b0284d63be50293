"""Warnings before an authority's certificates end: with one of them every workload's ends. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from gossamer.identity.issuers.issuer import Issuer

WARN_DAYS = (7, 30, 60)
"""The last is when the first warning comes, the first when it is an error."""


@dataclass(frozen=True, slots=True)
class CertificateEnd:
    """A certificate of the authority that ends soon, within so many whole days."""

    subject: str
    is_root: bool
    ends: datetime
    days_left: int

    @property
    def within(self) -> int:
        """The warning that holds: 7, 30 or 60 days."""
        return next(days for days in WARN_DAYS if self.days_left < days)

    @property
    def is_urgent(self) -> bool:
        """Whether it is the last warning."""
        return self.within == WARN_DAYS[0]


def endings(issuers: Iterable[Issuer], now: datetime) -> Iterator[CertificateEnd]:
    """Each certificate of these issuers that ends within sixty days, each once."""
    certificates = dict.fromkeys(each for one in issuers for each in (*one.chain, one.root))
    for certificate in certificates:
        days = days_left(certificate, now)
        if days < WARN_DAYS[-1]:
            is_root = any(certificate == each.root for each in issuers)
            ends = certificate.not_valid_after_utc
            yield CertificateEnd(certificate.subject.rfc4514_string(), is_root, ends, days)


def days_left(certificate: x509.Certificate, now: datetime) -> int:
    """Whole days until a certificate ends; negative once it has."""
    return (certificate.not_valid_after_utc - now).days
