"""The mesh's own certificate authority: one root key in a folder, leaves by template.

From a signing request it takes the public key and nothing else, after checking that the asker
holds the private half.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from gossamer.identity.certificate import PublicKey, leaf_certificate
from gossamer.identity.issuance.entry import IdentityEvent
from gossamer.identity.issuance.events import issued, unrecorded
from gossamer.identity.issuance.log import IssuanceLog
from gossamer.identity.issuance.segments import LOG_FOLDER
from gossamer.identity.issuers.folder import BrokenAuthority, IssuerFolder
from gossamer.identity.issuers.issuer import Issuer, certificate_pem
from gossamer.identity.issuers.standing import alone
from gossamer.identity.keys import issued_under, new_key, signing_request
from gossamer.identity.plan import TRUST_DOMAIN, CsrRefused, MalformedCsr, Template, plane_template
from gossamer.process.clock import utc_now
from gossamer.process.event_log import EventLog

__all__ = ["OURSELVES", "Authority", "BrokenAuthority", "Issued"]

OURSELVES = "plane"
"""Who asked, where it was the plane itself."""

_log = EventLog("gossamer.identity")
_LARGEST_REQUEST = 16_384


@dataclass(frozen=True, slots=True)
class Issued:
    """A key with its chain and the roots to trust, all PEM."""

    key: str
    chain: str
    roots: str


class Authority:
    """Signs what the rules allow; whoever calls it has asked the rules (plan.py) first."""

    def __init__(
        self,
        issuer: Issuer,
        trust_domain: str = TRUST_DOMAIN,
        now: Callable[[], datetime] = utc_now,
        record: Callable[[IdentityEvent], None] = unrecorded,
    ) -> None:
        """`record` gets each certificate before it is handed out; OSError refuses it."""
        self.standing = alone(issuer)
        self._now = now
        self._record = record
        self.trust_domain = trust_domain

    @classmethod
    def open(
        cls,
        folder: Path,
        trust_domain: str = TRUST_DOMAIN,
        now: Callable[[], datetime] = utc_now,
        passphrase: bytes | None = None,
    ) -> Authority:
        """Load the authority in `folder`, or found one there (key 0600, root for ten years).

        With a passphrase the key rests encrypted. Raises BrokenAuthority.
        """
        issuer = IssuerFolder(folder, trust_domain, passphrase).open(now())
        return cls(issuer, trust_domain, now, IssuanceLog(folder / LOG_FOLDER, now).append)

    @property
    def issuer(self) -> Issuer:
        """Who signs now."""
        return self.standing.signer

    @property
    def roots_pem(self) -> str:
        """The trust bundle: what peers verify chains against."""
        return self.standing.roots_pem

    def sign(self, csr_pem: str, template: Template, asked_by: str = OURSELVES) -> str:
        """The chain (leaf first, PEM) for the request's public key; CsrRefused if it is no good."""
        issuer = self.issuer
        leaf = self._leaf(_public_key(csr_pem), template, issuer)
        try:
            self._record(issued(leaf, template, asked_by))
        except OSError as error:
            raise CsrRefused(
                f"A certificate for {template.spiffe} cannot be recorded ({error}), so it is not "
                "handed out. It is asked for again; make room beside the authority's folder."
            ) from error
        return _chain(leaf, issuer)

    def check(self, csr_pem: str) -> None:
        """Raise CsrRefused if a request is no good, whoever asks."""
        _public_key(csr_pem)

    def issue(self, template: Template) -> Issued:
        """A fresh key with its chain, for those who live beside the authority."""
        key = new_key()
        return Issued(key, self.sign(signing_request(key), template), self.roots_pem)

    def issue_server(self) -> Issued:
        """The same for the plane itself, under the root that agents have believed for longest.

        It is given unrecorded where the disk is full: a plane that could not start there would
        leave the mesh without one, and this key never leaves the process.
        """
        key, template, issuer = new_key(), plane_template(self.trust_domain), self.standing.server
        leaf = self._leaf(_public_key(signing_request(key)), template, issuer)
        try:
            self._record(issued(leaf, template, OURSELVES))
        except OSError as error:
            _log.error("server-certificate-unrecorded", reason=str(error), remedy="make room")
        return Issued(key, _chain(leaf, issuer), self.roots_pem)

    def signed(self, chain_pem: str) -> bool:
        """Whether one of this authority's roots signed the chain."""
        return issued_under(chain_pem, self.roots_pem)

    def _leaf(self, public: PublicKey, template: Template, issuer: Issuer) -> x509.Certificate:
        if template.spiffe.trust_domain != self.trust_domain:
            raise CsrRefused(
                f"{template.spiffe} is not of the trust domain {self.trust_domain!r} that this "
                "authority signs for. Nothing is signed. Ask the authority of that domain."
            )
        return leaf_certificate(public, template, issuer, self._now())


def _chain(leaf: x509.Certificate, issuer: Issuer) -> str:
    return certificate_pem(leaf) + issuer.chain_pem


def _public_key(csr_pem: str) -> PublicKey:
    if len(csr_pem) > _LARGEST_REQUEST:
        raise MalformedCsr(f"The signing request is larger than {_LARGEST_REQUEST} bytes; refused.")
    try:
        request = x509.load_pem_x509_csr(csr_pem.encode())
        key, holds_key = request.public_key(), request.is_signature_valid
    except (ValueError, UnsupportedAlgorithm) as error:
        raise MalformedCsr(
            f"The signing request cannot be read ({error}); send a PEM CSR."
        ) from None
    if not holds_key:
        raise CsrRefused("The signing request is not signed by its own key; refused.")
    return _acceptable(key)


def _acceptable(key: object) -> PublicKey:
    match key:
        case ec.EllipticCurvePublicKey() if key.curve.name in ("secp256r1", "secp384r1"):
            return key
        case rsa.RSAPublicKey() if key.key_size >= 2048:
            return key
        case rsa.RSAPublicKey():
            what = f"an RSA key of {key.key_size} bits"
        case _:
            what = f"a key of type {type(key).__name__.strip('_')}"
    raise CsrRefused(
        f"The signing request carries {what}, which proxies refuse or which is too weak. "
        "Nothing is signed. Use EC P-256 (or RSA of 2048 bits and more)."
    )
