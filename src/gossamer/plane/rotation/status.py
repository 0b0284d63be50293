"""The authority as the API tells of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from gossamer.identity.issuers.ends import CertificateEnd, days_left, endings
from gossamer.identity.issuers.issuer import Issuer
from gossamer.identity.issuers.standing import Standing
from gossamer.identity.rotation.plan import Rotation, Waiting
from gossamer.model.finding import Finding, Severity
from gossamer.model.origin import ObjectRef, Origin
from gossamer.plane.api.identity import AuthorityCertificate, IdentityStatus, WaitingShape
from gossamer.plane.api.shapes import finding_shape


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is to tell: the authority, how far it is, and who is waited for."""

    trust_domain: str
    standing: Standing
    rotation: Rotation
    waiting: Sequence[Waiting]
    next_renewal: str | None


def status_of(seen: Seen, now: datetime, patience: timedelta) -> IdentityStatus:
    """All of it, as of this moment."""
    rotation = seen.rotation
    until = rotation.since + patience if rotation.since and rotation.waits else None
    return IdentityStatus(
        trust_domain=seen.trust_domain,
        phase=rotation.phase.value,
        generation=rotation.signer,
        began=_time(rotation.began),
        since=_time(rotation.since),
        certificates=list(_certificates(seen, now)),
        waiting=[WaitingShape(each.who, each.why) for each in seen.waiting],
        waits_until=_time(until),
        left_behind=list(rotation.left_behind),
        next_renewal=seen.next_renewal,
        warnings=[finding_shape(each) for each in ending_soon(seen.standing, now)],
    )


def ending_soon(standing: Standing, now: datetime) -> tuple[Finding, ...]:
    """A finding for each certificate of the authority that ends within sixty days."""
    return tuple(map(_finding, endings(standing.believed, now)))


def _finding(ending: CertificateEnd) -> Finding:
    what = "root" if ending.is_root else "issuing certificate"
    day = ending.ends.strftime("%Y-%m-%d")
    left = f"in {ending.days_left} days" if ending.days_left >= 0 else "in the past"
    return Finding(
        Origin(ObjectRef("Authority", "", ending.subject)),
        f"the {what} of the mesh ends on {day}, {left}",
        "no certificate lives longer: from then on every call by mutual TLS fails",
        "Exchange it while the mesh runs: `gossamer identity rotate`; for an authority that was "
        "handed in, `gossamer identity rotate --to FOLDER` with the next one",
        "authority-ends",
        Severity.ERROR if ending.is_urgent else Severity.WARNING,
    )


def _certificates(seen: Seen, now: datetime) -> Iterator[AuthorityCertificate]:
    numbered = zip(seen.rotation.trusted, seen.standing.believed, strict=True)
    for number, issuer in numbered:
        for certificate in _of(issuer):
            yield AuthorityCertificate(
                fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
                subject=certificate.subject.rfc4514_string(),
                generation=number,
                is_root=certificate == issuer.root,
                signs=certificate == seen.standing.signer.certificate,
                begins=_time(certificate.not_valid_before_utc) or "",
                ends=_time(certificate.not_valid_after_utc) or "",
                days_left=days_left(certificate, now),
            )


def _of(issuer: Issuer) -> Iterable[x509.Certificate]:
    return (issuer.root, *reversed(issuer.chain))


def _time(at: datetime | None) -> str | None:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None
