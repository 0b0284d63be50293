"""Whether an issuer can sign for a mesh: what would fail at some handshake later is told here.

Pure. Envoy (BoringSSL) verifies chains with these same rules, and says no more than "certificate
verify failed".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import pairwise
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from gossamer.identity.issuers.issuer import Issuer

Extension = TypeVar("Extension", bound=x509.ExtensionType)

_CURVES = ("secp256r1", "secp384r1")
_SMALLEST_RSA = 2048
_BROKEN_DIGESTS = ("md5", "sha1")
_LEAF_USES = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)


class UnfitIssuer(ValueError):
    """An issuer whose certificates nobody would accept: what is wrong, and the remedy."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.remedy = remedy


def check_issuer(issuer: Issuer, trust_domain: str, now: datetime) -> None:
    """Raise UnfitIssuer for the first thing that is wrong."""
    for each in _line(issuer):
        _is_authority(each)
        _is_of_its_time(each, now)
        _is_for(each, trust_domain)
        _allows(each, trust_domain)
    _key_fits(issuer)
    _chain_holds(issuer)
    _paths_are_long_enough(issuer)


def _line(issuer: Issuer) -> tuple[x509.Certificate, ...]:
    """From the certificate that signs to the root."""
    return (*issuer.chain, issuer.root)


def _named(certificate: x509.Certificate) -> str:
    return f"the certificate {certificate.subject.rfc4514_string() or 'without a subject'!r}"


def _find(certificate: x509.Certificate, kind: type[Extension]) -> Extension | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _is_authority(certificate: x509.Certificate) -> None:
    basic, usage = (
        _find(certificate, x509.BasicConstraints),
        _find(certificate, x509.KeyUsage),
    )
    if basic is None or not basic.ca:
        raise UnfitIssuer(
            f"{_named(certificate)} is not of a certificate authority (basic constraints CA)",
            "Hand in an authority's certificate; in cert-manager set `isCA: true`",
        )
    if usage is not None and not usage.key_cert_sign:
        raise UnfitIssuer(
            f"{_named(certificate)} may not sign certificates (key usage)",
            "Have it issued with key usage certSign and cRLSign; in cert-manager `usages`",
        )
    uses = _find(certificate, x509.ExtendedKeyUsage)
    if uses is not None and not _serves(uses):
        raise UnfitIssuer(
            f"{_named(certificate)} is restricted to uses without TLS servers and clients "
            "(extended key usage)",
            "Have it issued without extended key usage, or with serverAuth and clientAuth",
        )


def _serves(uses: x509.ExtendedKeyUsage) -> bool:
    return ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in uses or all(
        each in uses for each in _LEAF_USES
    )


def _is_of_its_time(certificate: x509.Certificate, now: datetime) -> None:
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if ends <= now:
        raise UnfitIssuer(
            f"{_named(certificate)} expired at {ends:%Y-%m-%dT%H:%M:%SZ}",
            "Renew it, or set this machine's clock",
        )
    if begins > now:
        raise UnfitIssuer(
            f"{_named(certificate)} is not valid before {begins:%Y-%m-%dT%H:%M:%SZ}",
            "Wait for it, or set this machine's clock",
        )


def _is_for(certificate: x509.Certificate, trust_domain: str) -> None:
    """An authority that names a SPIFFE trust domain signs for no other."""
    names = _find(certificate, x509.SubjectAlternativeName)
    uris = names.get_values_for_type(x509.UniformResourceIdentifier) if names else []
    domains = {uri.removeprefix("spiffe://").partition("/")[0] for uri in uris if _is_spiffe(uri)}
    if domains and domains != {trust_domain}:
        raise UnfitIssuer(
            f"{_named(certificate)} is of the trust domain {' and '.join(sorted(domains))}, and "
            f"the mesh is {trust_domain}",
            "Hand in the authority of this trust domain",
        )


def _is_spiffe(uri: str) -> bool:
    return uri.startswith("spiffe://")


def _allows(certificate: x509.Certificate, trust_domain: str) -> None:
    """Name constraints (RFC 5280, 4.2.1.10) let our leaves pass: one URI, one DNS name."""
    constraints = _find(certificate, x509.NameConstraints)
    if constraints is None:
        return
    permitted, excluded = constraints.permitted_subtrees, constraints.excluded_subtrees
    for kind, matches, what in (
        (x509.UniformResourceIdentifier, _of_host(trust_domain), f"spiffe://{trust_domain}"),
        (x509.DNSName, _of_any_host, "DNS names such as POD.NAMESPACE"),
    ):
        allowed = [each.value for each in permitted or () if isinstance(each, kind)]
        refused = [each.value for each in excluded or () if isinstance(each, kind)]
        if (allowed and not any(map(matches, allowed))) or any(map(matches, refused)):
            raise UnfitIssuer(
                f"{_named(certificate)} does not allow {what} (name constraints)",
                "Have it issued without name constraints of that kind, or with ours permitted",
            )


def _of_host(host: str) -> Callable[[str], bool]:
    def matches(constraint: str) -> bool:
        if constraint.startswith("."):
            return host.endswith(constraint)
        return constraint in ("", host)

    return matches


def _of_any_host(constraint: str) -> bool:
    return constraint == ""


def _key_fits(issuer: Issuer) -> None:
    public = issuer.certificate.public_key()
    if issuer.key.public_key() != public:
        raise UnfitIssuer(
            f"the private key does not belong to {_named(issuer.certificate)}",
            "Hand in the key that this certificate was issued for",
        )
    for each in _line(issuer):
        if not _is_strong(each.public_key()):
            raise UnfitIssuer(
                f"{_named(each)} has a key that Envoy does not verify with",
                "Use EC P-256 or P-384, or RSA of 2048 bits and more",
            )


def _is_strong(public: object) -> bool:
    match public:
        case ec.EllipticCurvePublicKey():
            return public.curve.name in _CURVES
        case rsa.RSAPublicKey():
            return public.key_size >= _SMALLEST_RSA
    return False


def _chain_holds(issuer: Issuer) -> None:
    line = _line(issuer)
    for lower, upper in _links(line):
        if not _signed_by(lower, upper):
            raise UnfitIssuer(
                f"{_named(lower)} was not signed by {_named(upper)}",
                "Hand in the chain that leads to this root, each certificate once",
            )
    for each in issuer.chain:
        digest = each.signature_hash_algorithm
        if digest is not None and digest.name in _BROKEN_DIGESTS:
            raise UnfitIssuer(
                f"{_named(each)} is signed with {digest.name}, which Envoy does not believe",
                "Have it signed with SHA-256",
            )


def _links(
    line: tuple[x509.Certificate, ...],
) -> Iterator[tuple[x509.Certificate, x509.Certificate]]:
    """Each certificate with the one above it; a root is above itself."""
    yield from pairwise(line)
    yield line[-1], line[-1]


def _signed_by(lower: x509.Certificate, upper: x509.Certificate) -> bool:
    try:
        lower.verify_directly_issued_by(upper)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _paths_are_long_enough(issuer: Issuer) -> None:
    """A path length counts the authorities below, not the leaf."""
    for below, each in enumerate(_line(issuer)):
        basic = _find(each, x509.BasicConstraints)
        if basic is not None and basic.path_length is not None and basic.path_length < below:
            raise UnfitIssuer(
                f"{_named(each)} allows {basic.path_length} authorities below it (path length), "
                f"and there are {below}",
                "Have it issued with a greater path length, or hand in one that stands nearer",
            )
