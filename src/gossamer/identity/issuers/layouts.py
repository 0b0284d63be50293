"""Issuers that are handed in: a folder as cert-manager, Istio or openssl leave it.

The key of the root need not be there; who keeps it offline hands in an intermediate.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from gossamer.identity.issuers.fitness import UnfitIssuer, check_issuer
from gossamer.identity.issuers.issuer import Issuer, IssuerKey
from gossamer.process.trusted_file import UnfitFile, read_trusted

_LARGEST = 262_144


class BadAuthority(Exception):
    """A folder whose authority cannot be used: which file, why, and the remedy."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How some tool names its files; `more` may hold the rest of the chain, and the root."""

    name: str
    certificate: str
    key: str
    root: str
    more: tuple[str, ...] = ()


LAYOUTS = (
    Layout("Istio's cacerts", "ca-cert.pem", "ca-key.pem", "root-cert.pem", ("cert-chain.pem",)),
    Layout("cert-manager's secret", "tls.crt", "tls.key", "ca.crt"),
    Layout("a PEM pair", "cert.pem", "key.pem", "root.pem", ("chain.pem",)),
    Layout("a PEM pair", "ca.pem", "ca.key", "root.pem", ("chain.pem",)),
    Layout("a PEM pair", "ca.crt", "ca.key", "root.crt", ("chain.crt",)),
)


def read_handed_in(
    folder: Path, trust_domain: str, now: datetime, passphrase: bytes | None = None
) -> Issuer:
    """The issuer in a folder, fit to sign for this trust domain. Raises BadAuthority."""
    layout = _layout_of(folder)
    key = _key(folder / layout.key, passphrase)
    files = (layout.certificate, *layout.more, layout.root)
    certificates = tuple(
        each for name in files if (folder / name).exists() for each in _read(folder / name)
    )
    issuer = _assembled(folder / layout.certificate, key, certificates)
    try:
        check_issuer(issuer, trust_domain, now)
    except UnfitIssuer as unfit:
        raise _bad(folder / layout.certificate, str(unfit), unfit.remedy) from unfit
    return issuer


def _layout_of(folder: Path) -> Layout:
    if not folder.is_dir():
        raise _bad(folder, "is not a folder", _EXPECTED)
    present = [each for each in LAYOUTS if (folder / each.key).exists()]
    if not present:
        raise _bad(folder, "holds no private key of a name that is known", _EXPECTED)
    if len({each.key for each in present}) > 1:
        keys = ", ".join(each.key for each in present)
        raise _bad(folder, f"holds several private keys ({keys})", "Leave the one that shall sign")
    whole = [each for each in present if (folder / each.certificate).exists()]
    if not whole:
        names = " or ".join(each.certificate for each in present)
        raise _bad(folder, f"holds {present[0].key} and no {names}", _EXPECTED)
    return whole[0]


_EXPECTED = (
    "Put there ca-cert.pem, ca-key.pem, root-cert.pem and cert-chain.pem (Istio's cacerts), or "
    "tls.crt, tls.key and ca.crt (cert-manager), or cert.pem and key.pem, with root.pem where "
    "that is another"
)


def _key(path: Path, passphrase: bytes | None) -> IssuerKey:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o007 or (mode & 0o070 and path.stat().st_uid == os.geteuid()):
        raise _bad(
            path,
            f"can be read by others (mode {mode:04o})",
            "`chmod 600` it; in Kubernetes mount the secret with `defaultMode: 0400`. If others "
            "use the machine, replace the key: one of them may have it",
        )
    return read_key(path, _bytes(path), passphrase)


def read_key(path: Path, pem: bytes, passphrase: bytes | None) -> IssuerKey:
    """The private key that a file holds. Raises BadAuthority."""
    is_sealed = b"ENCRYPTED" in pem
    if is_sealed and passphrase is None:
        raise _bad(path, "is encrypted, and no passphrase was given", _PASSPHRASE)
    try:
        key = load_pem_private_key(pem, passphrase if is_sealed else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        why = "the passphrase is not its own" if is_sealed else f"no PEM private key ({error})"
        remedy = _PASSPHRASE if is_sealed else _EXPECTED
        raise _bad(path, f"cannot be read: {why}", remedy) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise _bad(path, "is neither an EC nor an RSA key", "Use EC P-256; Envoy knows no Ed25519")
    return key


_PASSPHRASE = (
    "Name it by --authority-passphrase file:PATH or env:VARIABLE ($GOSSAMER_AUTHORITY_PASSPHRASE)"
)


def _read(path: Path) -> Iterator[x509.Certificate]:
    data = _bytes(path)
    if b"CERTIFICATE-----" not in data:
        raise _bad(path, "holds no certificate", _EXPECTED)
    try:
        yield from x509.load_pem_x509_certificates(data)
    except ValueError as error:
        raise _bad(path, f"cannot be read: {error}", "Write certificates in PEM") from error


def _bytes(path: Path) -> bytes:
    try:
        return read_trusted(path, _LARGEST)
    except UnfitFile as unfit:
        raise _bad(path, str(unfit), "Give it to this user, mode 0600") from unfit
    except OSError as error:
        raise _bad(path, f"cannot be read: {error.strerror}", _EXPECTED) from error


def _assembled(path: Path, key: IssuerKey, certificates: Iterable[x509.Certificate]) -> Issuer:
    """The chain from the key's certificate up to a root, of what the files hold in any order."""
    known = tuple(dict.fromkeys(certificates))
    line = [each for each in known if each.public_key() == key.public_key()][:1]
    if not line:
        raise _bad(
            path,
            "and the files beside it hold no certificate of the private key",
            "Hand in the certificate that was issued for this key",
        )
    while not _is_root(line[-1]):
        above = next((each for each in known if _issued(line[-1], each)), None)
        if above is None or above in line:
            raise _bad(
                path,
                "leads to no root: the issuer of "
                f"{line[-1].subject.rfc4514_string() or 'a certificate'!r} is not there",
                "Add the certificates between, and the root (ca.crt, root-cert.pem or root.pem)",
            )
        line.append(above)
    return Issuer(key, line[-1], tuple(line[:-1]))


def _is_root(certificate: x509.Certificate) -> bool:
    return _issued(certificate, certificate)


def _issued(lower: x509.Certificate, upper: x509.Certificate) -> bool:
    try:
        lower.verify_directly_issued_by(upper)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _bad(path: Path, what: str, remedy: str) -> BadAuthority:
    return BadAuthority(
        f"the certificate authority that was handed in cannot be used: {path} {what}. No "
        f"certificate can be signed with it. {remedy}."
    )
