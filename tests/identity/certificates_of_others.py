"""Authorities as other tools make them: roots kept elsewhere, intermediates with their limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

NOW = datetime(2030, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
AnyKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True)
class Made:
    """A certificate with its private key."""

    key: AnyKey
    certificate: x509.Certificate

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def key_pem(self, passphrase: bytes | None = None) -> str:
        sealing: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if passphrase is not None:
            sealing = serialization.BestAvailableEncryption(passphrase)
        form = serialization.PrivateFormat.PKCS8
        return self.key.private_bytes(serialization.Encoding.PEM, form, sealing).decode()


@dataclass(frozen=True)
class Kind:
    """What a certificate of an authority says; the defaults are those of a good one."""

    ca: bool = True
    path_length: int | None = None
    begins: datetime = NOW - DAY
    ends: datetime = NOW + 100 * DAY
    more: Sequence[x509.ExtensionType] = ()
    digest: hashes.HashAlgorithm = field(default_factory=hashes.SHA256)


GOOD = Kind()
SIGNS = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def made(
    name: str, above: Made | None = None, kind: Kind = GOOD, key: AnyKey | None = None
) -> Made:
    """A certificate signed by the one above, or by itself."""
    own = key or ec_key()
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(above.certificate.subject if above else subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(kind.begins)
        .not_valid_after(kind.ends)
        .add_extension(x509.BasicConstraints(kind.ca, kind.path_length), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
    )
    usage = () if any(isinstance(each, x509.KeyUsage) for each in kind.more) else (SIGNS,)
    named = _named_after(above)
    for each in (*usage, *named, *kind.more):
        builder = builder.add_extension(each, critical=isinstance(each, x509.KeyUsage))
    signer = above.key if above else own
    digest = None if isinstance(signer, ed25519.Ed25519PrivateKey) else kind.digest
    return Made(own, builder.sign(signer, digest))  # type: ignore[arg-type]


def _named_after(above: Made | None) -> tuple[x509.ExtensionType, ...]:
    if above is None:
        return ()
    own = above.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own),)


def write(folder: Path, files: dict[str, str]) -> Path:
    """Files of their owner's alone."""
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    return folder


def cert_manager(folder: Path, issuing: Made, root: Made, chain: str = "") -> Path:
    """A secret of cert-manager's."""
    files = {"tls.crt": issuing.pem + chain, "tls.key": issuing.key_pem(), "ca.crt": root.pem}
    return write(folder, files)
