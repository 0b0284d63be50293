"""An issuer in its folder: `root.key` signs, `chain.pem` leads from it to `root.pem`.

`root.key` is the key of the root itself where the authority was made here (then there is no chain),
or that of an intermediate that was handed in. With a passphrase it rests encrypted (PKCS #8).
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gossamer.identity.certificate import root_certificate
from gossamer.identity.issuers.issuer import Issuer, IssuerKey
from gossamer.identity.issuers.layouts import BadAuthority, read_key
from gossamer.process.event_log import EventLog
from gossamer.process.private_files import private_folder, write_private

SCHEMA = 1
ROOT_LIFETIME = timedelta(days=3650)
_REMEDY = "Restore the folder from a backup, or remove it to found a new authority."

_log = EventLog("gossamer.identity")


class BrokenAuthority(Exception):
    """The authority's folder cannot be used; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Above:
    """The certificates of an issuer: the root, and what leads to it."""

    root: x509.Certificate
    chain: tuple[x509.Certificate, ...]


@dataclass(frozen=True, slots=True)
class IssuerFolder:
    """Where an issuer is kept, for which trust domain, and under which passphrase if any."""

    folder: Path
    trust_domain: str
    passphrase: bytes | None = None

    def open(self, now: datetime) -> Issuer:
        """The issuer that is there, or one that is made now. Raises BrokenAuthority.

        What cannot be read is never replaced: a new root would cut off every workload that
        trusts the old one.
        """
        private_folder(self.folder)
        with self._alone():
            if not self._about.exists():
                self.keep(_made(self.trust_domain, now))
            return self._load()

    def keep(self, issuer: Issuer) -> None:
        """Write an issuer here, in place of what there is."""
        private_folder(self.folder)
        write_private(self._key, self._sealed(issuer.key))
        write_private(self.folder / "chain.pem", issuer.chain_pem)
        write_private(self.folder / "root.pem", issuer.root_pem)
        # Written last: a folder without it was never finished and may be begun again.
        about = {"schema": SCHEMA, "trust_domain": self.trust_domain}
        write_private(self._about, json.dumps(about) + "\n")

    def take(self, handed_in: Issuer) -> None:
        """Make a handed-in issuer the one that is here: a renewed one under the same root too.

        Raises BrokenAuthority where workloads trust another root already.
        """
        private_folder(self.folder)
        with self._alone():
            if self._about.exists():
                present = self._certificates()
                if present.root != handed_in.root:
                    raise BrokenAuthority(_another_root(self.folder, present.root, handed_in.root))
            self.keep(handed_in)

    def has_root(self, root: x509.Certificate) -> bool:
        """Whether an issuer under this root is kept here."""
        return self._about.exists() and self._certificates().root == root

    @property
    def _about(self) -> Path:
        return self.folder / "ca.json"

    @property
    def _key(self) -> Path:
        return self.folder / "root.key"

    def _sealed(self, key: IssuerKey) -> bytes:
        sealing: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if self.passphrase is not None:
            sealing = serialization.BestAvailableEncryption(self.passphrase)
        return key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, sealing
        )

    def _load(self) -> Issuer:
        try:
            self._check_about()
            pem = self._key.read_bytes()
            key = read_key(self._key, pem, self.passphrase)
            above = self._certificates()
            issuer = Issuer(key, above.root, above.chain)
            if key.public_key() != issuer.certificate.public_key():
                whose = "chain.pem" if above.chain else "root.pem"
                raise ValueError(f"root.key does not belong to {whose}")
        except (OSError, ValueError, AttributeError, BadAuthority) as error:
            raise BrokenAuthority(
                f"The certificate authority in {self.folder} cannot be used: {error}. "
                f"No certificate can be signed. {_REMEDY}"
            ) from error
        self._seal(issuer, pem)
        return issuer

    def _seal(self, issuer: Issuer, pem: bytes) -> None:
        """A key that rested in clear is encrypted as soon as there is a passphrase."""
        if self.passphrase is not None and b"ENCRYPTED" not in pem:
            write_private(self._key, self._sealed(issuer.key))
            _log.info("authority-key-encrypted", file=str(self._key))

    def _check_about(self) -> None:
        about = json.loads(self._about.read_text())
        if about.get("schema") != SCHEMA:
            raise ValueError(f"schema {about.get('schema')!r} is not {SCHEMA}")
        if about.get("trust_domain") != self.trust_domain:
            raise ValueError(
                f"it signs for {about.get('trust_domain')!r}, not {self.trust_domain!r}"
            )

    def _certificates(self) -> Above:
        root = x509.load_pem_x509_certificate((self.folder / "root.pem").read_bytes())
        path = self.folder / "chain.pem"
        text = path.read_bytes() if path.exists() else b""
        return Above(root, tuple(x509.load_pem_x509_certificates(text) if text else ()))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Two processes that start together found one authority, not two."""
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _made(trust_domain: str, now: datetime) -> Issuer:
    key = ec.generate_private_key(ec.SECP256R1())
    return Issuer(key, root_certificate(key, trust_domain, now, ROOT_LIFETIME))


def _another_root(folder: Path, present: x509.Certificate, handed_in: x509.Certificate) -> str:
    return (
        f"The authority that was handed in has another root (serial {handed_in.serial_number:x}) "
        f"than workloads trust (serial {present.serial_number:x}, in {folder}). It is not taken, "
        "since every workload would be cut off. Exchange the root while the mesh runs, with "
        "`gossamer identity rotate`, or remove the folder if no workload is left."
    )
