"""X.509 as the mesh writes it: a root that signs, leaves that name one SPIFFE id."""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gossamer.identity.issuers.issuer import Issuer
from gossamer.identity.plan import Template, backdate

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

_LEAF_USES = x509.ExtendedKeyUsage(
    [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
)
_PURPOSES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def root_certificate(
    key: ec.EllipticCurvePrivateKey, trust_domain: str, now: datetime, lifetime: timedelta
) -> x509.Certificate:
    """A self-signed root; one intermediate may come between it and the leaves."""
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, trust_domain),
            x509.NameAttribute(NameOID.COMMON_NAME, "Gossamer root"),
        ]
    )
    builder = _blank(key.public_key(), now - backdate(lifetime), now + lifetime)
    return (
        builder.subject_name(name)
        .issuer_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.UniformResourceIdentifier(f"spiffe://{trust_domain}")]
            ),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )


def leaf_certificate(
    public: PublicKey, template: Template, issuer: Issuer, now: datetime
) -> x509.Certificate:
    """A leaf for `public` that says what the template says; it never outlives its issuer."""
    ends = min(now + template.lifetime, issuer.ends)
    uri = x509.UniformResourceIdentifier(str(template.spiffe))
    names = [uri, *(x509.DNSName(name) for name in template.dns)]
    return (
        _blank(public, now - backdate(template.lifetime), ends)
        .subject_name(x509.Name([]))
        .issuer_name(issuer.certificate.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage("digital_signature"), critical=True)
        .add_extension(_LEAF_USES, critical=False)
        # Critical because the subject is empty (RFC 5280, 4.2.1.6).
        .add_extension(x509.SubjectAlternativeName(names), critical=True)
        .add_extension(authority_key(issuer.certificate), critical=False)
        .sign(issuer.key, hashes.SHA256())
    )


def authority_key(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """As the issuer calls its key: one from elsewhere may count another digest than we do."""
    try:
        own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key())  # type: ignore[arg-type]
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _blank(public: PublicKey, begins: datetime, ends: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _usage(*allowed: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{purpose: purpose in allowed for purpose in _PURPOSES})
