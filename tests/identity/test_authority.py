"""The authority signs what the template says, for keys that are strong enough."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gossamer.identity.authority import Authority, BrokenAuthority
from gossamer.identity.issuance.reading import entries
from gossamer.identity.keys import matches, new_key, signing_request, spiffe_of
from gossamer.identity.plan import CsrRefused, SpiffeId, Template

CART = Template(SpiffeId.of_account("shop", "cart"), ("cart-1.shop",))
NOW = datetime(2030, 5, 1, 12, tzinfo=UTC)


def authority(folder: Path) -> Authority:
    return Authority.open(folder / "ca", now=lambda: NOW)


def request_with(key: object, name: str = "") -> str:
    subject = [x509.NameAttribute(NameOID.COMMON_NAME, name)] if name else []
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(subject))
    if name:
        san = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(name)])
        builder = builder.add_extension(san, critical=False)
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    signed = builder.sign(key, digest)  # type: ignore[arg-type]
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def test_a_leaf_says_what_its_template_says(tmp_path: Path) -> None:
    """One URI, the DNS name, client and server use, 24 hours, begun two minutes ago."""
    chain = authority(tmp_path).sign(signing_request(new_key()), CART)
    leaf = x509.load_pem_x509_certificate(chain.encode())
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert names.value.get_values_for_type(x509.UniformResourceIdentifier) == [str(CART.spiffe)]
    assert names.value.get_values_for_type(x509.DNSName) == ["cart-1.shop"]
    assert names.critical
    assert len(leaf.subject) == 0
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert not usage.key_cert_sign
    uses = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert set(uses) == {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH}
    assert leaf.not_valid_before_utc == NOW - timedelta(minutes=2)
    assert leaf.not_valid_after_utc == NOW + timedelta(hours=24)


def test_a_request_contributes_only_its_key(tmp_path: Path) -> None:
    """A CSR that claims another identity gets the template's all the same."""
    key = new_key()
    loaded = serialization.load_pem_private_key(key.encode(), None)
    claim = "spiffe://cluster.local/ns/bank/sa/vault"
    chain = authority(tmp_path).sign(request_with(loaded, claim), CART)
    assert spiffe_of(chain) == CART.spiffe
    assert matches(key, chain)
    assert claim not in str(x509.load_pem_x509_certificate(chain.encode()).subject)


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(ed25519.Ed25519PrivateKey.generate(), id="ed25519"),
        pytest.param(rsa.generate_private_key(65537, 1024), id="rsa-1024"),
        pytest.param(ec.generate_private_key(ec.SECP256K1()), id="secp256k1"),
    ],
)
def test_keys_that_envoy_refuses_are_refused_here(tmp_path: Path, key: object) -> None:
    """The asker is told which keys are good, instead of failing at a handshake later."""
    with pytest.raises(CsrRefused, match="Use EC P-256"):
        authority(tmp_path).sign(request_with(key), CART)


def test_strong_keys_of_other_kinds_are_signed(tmp_path: Path) -> None:
    """RSA 2048 and P-384 are fine: legacy hosts have them."""
    here = authority(tmp_path)
    for key in (rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())):
        assert here.signed(here.sign(request_with(key), CART))


def test_a_request_not_signed_by_its_key_is_refused(tmp_path: Path) -> None:
    """Nobody gets a certificate for a key whose private half they cannot show."""
    pem = signing_request(new_key())
    der = bytearray(x509.load_pem_x509_csr(pem.encode()).public_bytes(serialization.Encoding.DER))
    der[-1] ^= 1
    try:
        forged = x509.load_der_x509_csr(bytes(der)).public_bytes(serialization.Encoding.PEM)
    except ValueError:  # the flipped bit may break the encoding, which is refused as well
        forged = b"broken"
    with pytest.raises(CsrRefused):
        authority(tmp_path).sign(forged.decode(), CART)


@pytest.mark.parametrize("csr", ["", "hello", "-----BEGIN CERTIFICATE REQUEST-----", "x" * 20_000])
def test_garbage_is_refused(tmp_path: Path, csr: str) -> None:
    """Any text may arrive; all that is no request is refused, nothing breaks."""
    with pytest.raises(CsrRefused):
        authority(tmp_path).sign(csr, CART)


def test_another_trust_domain_is_not_signed_for(tmp_path: Path) -> None:
    """An authority never vouches for names outside its own domain."""
    foreign = Template(SpiffeId.of_account("shop", "cart", "corp.example"))
    with pytest.raises(CsrRefused, match=r"corp\.example"):
        authority(tmp_path).sign(signing_request(new_key()), foreign)


def test_the_authority_outlives_its_process(tmp_path: Path) -> None:
    """Opened again, it has the same root, and old leaves still verify."""
    before = authority(tmp_path)
    chain = before.sign(signing_request(new_key()), CART)
    after = authority(tmp_path)
    assert after.roots_pem == before.roots_pem
    assert after.signed(chain)


def test_the_root_is_private_and_good_for_ten_years(tmp_path: Path) -> None:
    """The key is readable by its owner alone; the root can sign and says so."""
    here = authority(tmp_path)
    assert (tmp_path / "ca" / "root.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "ca").stat().st_mode & 0o777 == 0o700
    root = x509.load_pem_x509_certificate(here.roots_pem.encode())
    assert root.not_valid_after_utc - NOW == timedelta(days=3650)
    assert root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_founding_interrupted_is_begun_again(tmp_path: Path) -> None:
    """A folder where the process died half way becomes a whole authority."""
    (tmp_path / "ca").mkdir()
    (tmp_path / "ca" / "root.key").write_text("torn")
    here = authority(tmp_path)
    assert here.signed(here.issue(CART).chain)


def test_founded_by_two_at_once_there_is_one_root(tmp_path: Path) -> None:
    """Plane and lab may start together; they must agree on the root."""
    with ThreadPoolExecutor(4) as pool:
        roots = {made.roots_pem for made in pool.map(authority, [tmp_path] * 4)}
    assert len(roots) == 1


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("ca.json", json.dumps({"schema": 99, "trust_domain": "cluster.local"})),
        ("ca.json", json.dumps({"schema": 1, "trust_domain": "corp.example"})),
        ("ca.json", "[]"),
        ("root.key", "torn"),
        ("root.key", new_key()),
        ("root.pem", ""),
    ],
)
def test_a_broken_authority_is_never_replaced(tmp_path: Path, file: str, text: str) -> None:
    """A new root would cut everybody off: the operator decides, told where and how."""
    authority(tmp_path)
    (tmp_path / "ca" / file).write_text(text)
    with pytest.raises(BrokenAuthority, match="Restore the folder"):
        authority(tmp_path)


def test_no_leaf_outlives_the_root(tmp_path: Path) -> None:
    """Near the root's end leaves get shorter, so verification never surprises."""
    authority(tmp_path)
    late = NOW + timedelta(days=3650, hours=-1)
    here = Authority.open(tmp_path / "ca", now=lambda: late)
    leaf = x509.load_pem_x509_certificate(here.issue(CART).chain.encode())
    assert leaf.not_valid_after_utc == NOW + timedelta(days=3650)


def test_each_certificate_is_recorded_before_it_is_handed_out(tmp_path: Path) -> None:
    """The line says whom it names, by which key and serial, and who asked."""
    here = authority(tmp_path)
    chain = here.sign(signing_request(new_key()), CART, "spiffe://cluster.local/gossamer/agent/a")
    leaf = x509.load_pem_x509_certificate(chain.encode())
    [entry] = entries(tmp_path / "ca" / "issuance")
    public = leaf.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert (entry.event, entry.spiffe, entry.dns) == ("issued", str(CART.spiffe), CART.dns)
    assert entry.asked_by == "spiffe://cluster.local/gossamer/agent/a"
    assert int(entry.serial, 16) == leaf.serial_number
    assert entry.key == hashlib.sha256(public).hexdigest()
    assert entry.not_after == "2030-05-02T12:00:00Z"


def test_what_cannot_be_recorded_is_not_handed_out(tmp_path: Path) -> None:
    """A certificate that nobody knows of must not exist: the asker is told, and asks again."""

    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    here = Authority(authority(tmp_path).issuer, now=lambda: NOW, record=full)
    with pytest.raises(CsrRefused, match="cannot be recorded"):
        here.issue(CART)
