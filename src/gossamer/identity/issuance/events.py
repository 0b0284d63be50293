"""What there is to record of a certificate. Pure."""

from __future__ import annotations

import hashlib

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gossamer.identity.issuance.entry import IdentityEvent, rfc3339
from gossamer.identity.plan import Template


def issued(leaf: x509.Certificate, template: Template, asked_by: str) -> IdentityEvent:
    """A certificate that was signed: whom it names, and which key and serial it has."""
    public = leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return IdentityEvent(
        event="issued",
        spiffe=str(template.spiffe),
        asked_by=asked_by,
        dns=template.dns,
        serial=f"{leaf.serial_number:x}",
        not_after=rfc3339(leaf.not_valid_after_utc),
        key=hashlib.sha256(public).hexdigest(),
    )


def unrecorded(_: IdentityEvent) -> None:
    """For an authority that nobody keeps a record of, as tests and benchmarks have them."""
