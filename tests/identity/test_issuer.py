"""An issuer signs with the key it is given, under whatever stands above it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from gossamer.identity.authority import Authority
from gossamer.identity.certificate import root_certificate
from gossamer.identity.issuers.issuer import Issuer, IssuerKey
from gossamer.identity.keys import new_key, signing_request
from gossamer.identity.plan import CsrRefused, SpiffeId, Template

NOW = datetime(2030, 5, 1, 12, tzinfo=UTC)
CART = Template(SpiffeId.of_account("shop", "cart"), ("cart-1.shop",))


def under_offline_root(key: IssuerKey, own_digest: bytes = b"named by others") -> Issuer:
    """An issuer whose root's key is elsewhere; its certificate ends in an hour."""
    root_key = ec.generate_private_key(ec.SECP384R1())
    root = root_certificate(root_key, "cluster.local", NOW, timedelta(days=30))
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "issuing")])
    middle = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(root.subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier(own_digest), critical=False)
        .sign(root_key, hashes.SHA384())
    )
    return Issuer(key, root, (middle,))


def chain_of(issuer: Issuer) -> list[x509.Certificate]:
    """A leaf that an authority signs by this issuer, with its chain."""
    issued = Authority(issuer, now=lambda: NOW).sign(signing_request(new_key()), CART)
    return x509.load_pem_x509_certificates(issued.encode())


def test_a_chain_leads_from_the_leaf_to_the_root() -> None:
    """Peers hold the root alone, so whatever lies between comes with each leaf."""
    issuer = under_offline_root(ec.generate_private_key(ec.SECP256R1()))
    leaf, middle = chain_of(issuer)
    leaf.verify_directly_issued_by(middle)
    middle.verify_directly_issued_by(issuer.root)


def test_no_leaf_outlives_what_is_above_it() -> None:
    """The intermediate ends first here, in an hour, and 24 hours were asked for."""
    issuer = under_offline_root(ec.generate_private_key(ec.SECP256R1()))
    assert chain_of(issuer)[0].not_valid_after_utc == NOW + timedelta(hours=1)


def test_an_rsa_key_of_others_signs() -> None:
    """Many companies' authorities are RSA; leaves stay P-256."""
    leaf, middle = chain_of(under_offline_root(rsa.generate_private_key(65537, 2048)))
    leaf.verify_directly_issued_by(middle)
    assert isinstance(leaf.public_key(), ec.EllipticCurvePublicKey)


def test_a_leaf_calls_its_issuer_as_that_calls_itself() -> None:
    """Key identifiers are matched byte for byte where chains are built."""
    leaf = chain_of(under_offline_root(ec.generate_private_key(ec.SECP256R1())))[0]
    named = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert named.key_identifier == b"named by others"


def test_a_key_is_not_shown() -> None:
    """An issuer in a log or a traceback says nothing of its key."""
    issuer = under_offline_root(ec.generate_private_key(ec.SECP256R1()))
    assert "PrivateKey" not in repr(issuer)


def test_a_full_disk_keeps_the_plane_its_own_certificate_alone() -> None:
    """What cannot be recorded is not signed; but a plane that could not start would help nobody."""

    def full(event: object) -> None:
        raise OSError("No space left on device")

    issuer = under_offline_root(ec.generate_private_key(ec.SECP256R1()))
    authority = Authority(issuer, now=lambda: NOW, record=full)
    assert "BEGIN CERTIFICATE" in authority.issue_server().chain
    with pytest.raises(CsrRefused, match="cannot be recorded"):
        authority.issue(CART)
