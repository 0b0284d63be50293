"""Certificates for callers: an authority of ours, and one certificate an account."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Iterable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Pair = tuple[bytes, bytes]
"""A certificate and its key, as PEM."""


class Authority:
    """A root, the server's pair, and a TLS context for each account that calls."""

    def __init__(self, folder: Path, accounts: Iterable[tuple[str, str]]) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")])
        self.root = self._signed(self._name, self._key.public_key(), None)
        self.server = self._pair("cluster.local/ns/shop/sa/cart")
        self._folder = folder
        self.contexts = {account: self._context(*account) for account in accounts}

    def _context(self, namespace: str, account: str) -> ssl.SSLContext:
        certificate, key = self._pair(f"cluster.local/ns/{namespace}/sa/{account}")
        path = self._folder / f"{namespace}-{account}.pem"
        path.write_bytes(certificate + key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.load_cert_chain(path)
        return context

    def _pair(self, principal: str) -> Pair:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.SubjectAlternativeName(
            [x509.UniformResourceIdentifier(f"spiffe://{principal}")]
        )
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return self._signed(x509.Name([]), key.public_key(), name), private

    def _signed(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        names: x509.SubjectAlternativeName | None,
    ) -> bytes:
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(minutes=2))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(names is None, None), critical=True)
        )
        if names is not None:
            builder = builder.add_extension(names, critical=True)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
