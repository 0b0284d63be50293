"""Authorities that are handed in: every layout is read, and what would fail later is told now."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from gossamer.identity.authority import Authority, BrokenAuthority
from gossamer.identity.issuers.folder import IssuerFolder
from gossamer.identity.issuers.given import AuthorityGiven
from gossamer.identity.issuers.layouts import BadAuthority, read_handed_in
from gossamer.identity.issuers.passphrase import NoPassphrase, passphrase_at
from gossamer.identity.plan import SpiffeId, Template
from gossamer.identity.rotation.generations import Generations
from gossamer.identity.rotation.opening import open_authority
from gossamer.identity.rotation.plan import Rotation
from tests.identity.certificates_of_others import DAY, GOOD, NOW, Kind, cert_manager, made, write

CART = Template(SpiffeId.of_account("shop", "cart"), ("cart-1.shop",))
DOMAIN = "cluster.local"


def read(folder: Path, passphrase: bytes | None = None) -> Authority:
    """An authority of what is handed in there."""
    return Authority(read_handed_in(folder, DOMAIN, NOW, passphrase), now=lambda: NOW)


def opened(state: Path, source: Path | None) -> Authority:
    """The authority of a plane that is given that folder."""
    return open_authority(state, lambda: NOW, AuthorityGiven(source))[0]


def verifies(authority: Authority) -> bool:
    """Whether OpenSSL builds a chain from a leaf to the root alone."""
    chain = x509.load_pem_x509_certificates(authority.issue(CART).chain.encode())
    root = x509.load_pem_x509_certificate(authority.roots_pem.encode())
    store = x509.verification.Store([root])
    verifier = x509.verification.PolicyBuilder().store(store).time(NOW).build_client_verifier()
    return bool(verifier.verify(chain[0], chain[1:]).chain)


def test_cert_managers_secret_is_read(tmp_path: Path) -> None:
    """tls.crt signs, ca.crt is the root, whose key is elsewhere."""
    root = made("root")
    authority = read(cert_manager(tmp_path / "s", made("issuing", root), root))
    assert authority.roots_pem == root.pem
    assert verifies(authority)


def test_istios_cacerts_are_read(tmp_path: Path) -> None:
    """With a chain of two between leaf and root, that repeats the issuing certificate as Istio's
    own example does."""
    root = made("root")
    middle = made("middle", root)
    issuing = made("issuing", middle)
    files = {
        "ca-cert.pem": issuing.pem,
        "ca-key.pem": issuing.key_pem(),
        "root-cert.pem": root.pem,
        "cert-chain.pem": issuing.pem + middle.pem + root.pem,
    }
    authority = read(write(tmp_path / "cacerts", files))
    assert len(x509.load_pem_x509_certificates(authority.issue(CART).chain.encode())) == 3
    assert verifies(authority)


@pytest.mark.parametrize(
    ("certificate", "key"), [("cert.pem", "key.pem"), ("ca.pem", "ca.key"), ("ca.crt", "ca.key")]
)
def test_a_pem_pair_of_a_root_is_read(tmp_path: Path, certificate: str, key: str) -> None:
    """A root that signs by itself needs no other file."""
    root = made("root")
    authority = read(write(tmp_path / "pair", {certificate: root.pem, key: root.key_pem()}))
    assert authority.issuer.chain == ()
    assert verifies(authority)


def test_an_rsa_authority_signs_for_ec_workloads(tmp_path: Path) -> None:
    """Most companies have one."""
    root = made("root", key=rsa.generate_private_key(65537, 2048))
    issuing = made("issuing", root, key=rsa.generate_private_key(65537, 2048))
    assert verifies(read(cert_manager(tmp_path / "s", issuing, root)))


def test_a_servers_tls_library_takes_the_chain(tmp_path: Path) -> None:
    """Key and chain as they are handed out load as a server's."""
    root = made("root")
    issued = read(cert_manager(tmp_path / "s", made("issuing", root), root)).issue(CART)
    (tmp_path / "pair.pem").write_text(issued.key + issued.chain)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tmp_path / "pair.pem")


def constraints(permitted: list[x509.GeneralName] | None) -> x509.NameConstraints:
    return x509.NameConstraints(permitted, None)


def uri(text: str) -> x509.UniformResourceIdentifier:
    return x509.UniformResourceIdentifier(text)


ONLY_SIGNATURES = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)
CODE = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING])


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (Kind(ca=False), "is not of a certificate authority"),
        (Kind(more=(ONLY_SIGNATURES,)), "may not sign certificates"),
        (Kind(more=(CODE,)), "restricted to uses without TLS"),
        (Kind(ends=NOW - DAY / 2), "expired at 2030-05-01T00:00:00Z"),
        (Kind(begins=NOW + DAY), "is not valid before 2030-05-02"),
        (Kind(more=(x509.SubjectAlternativeName([uri("spiffe://corp")]),)), "trust domain corp"),
        (Kind(more=(constraints([uri("corp.example")]),)), r"does not allow spiffe://cluster"),
        (Kind(more=(constraints([uri(".corp.example")]),)), r"does not allow spiffe://cluster"),
        (Kind(more=(constraints([x509.DNSName("corp.example")]),)), "does not allow DNS names"),
        (
            Kind(more=(x509.NameConstraints(None, [uri("cluster.local")]),)),
            r"does not allow spiffe://cluster",
        ),
    ],
)
def test_an_intermediate_that_peers_would_refuse_is_refused_here(
    tmp_path: Path, kind: Kind, why: str
) -> None:
    """File, reason and remedy, instead of a handshake that fails at every workload."""
    root = made("root")
    folder = cert_manager(tmp_path / "s", made("issuing", root, kind), root)
    with pytest.raises(BadAuthority, match=why) as bad:
        read(folder)
    assert str(folder / "tls.crt") in str(bad.value)
    assert "No certificate can be signed with it." in str(bad.value)


def test_names_that_are_allowed_pass(tmp_path: Path) -> None:
    """Constraints of ours, of nothing that we use, and an own trust domain."""
    root = made("root")
    more = (
        constraints([uri("cluster.local")]),
        x509.SubjectAlternativeName([uri("spiffe://cluster.local")]),
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
    )
    issuing = made("issuing", root, Kind(more=more))
    assert read(cert_manager(tmp_path / "s", issuing, root)).issuer.chain


def test_a_path_that_is_too_long_is_refused(tmp_path: Path) -> None:
    """A root that allows no authority below it cannot have one."""
    root = made("root", kind=Kind(path_length=0))
    with pytest.raises(BadAuthority, match=r"allows 0 authorities below it \(path length\)"):
        read(cert_manager(tmp_path / "s", made("issuing", root), root))


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(ed25519.Ed25519PrivateKey.generate(), id="ed25519"),
        pytest.param(rsa.generate_private_key(65537, 1024), id="rsa-1024"),
        pytest.param(ec.generate_private_key(ec.SECP256K1()), id="secp256k1"),
    ],
)
def test_keys_that_envoy_does_not_verify_are_refused(tmp_path: Path, key: object) -> None:
    """Every handshake of the mesh would fail."""
    root = made("root", key=key)  # type: ignore[arg-type]
    folder = write(tmp_path / "s", {"cert.pem": root.pem, "key.pem": root.key_pem()})
    with pytest.raises(BadAuthority, match="EC P-256"):
        read(folder)


def test_another_root_of_the_same_name_is_refused(tmp_path: Path) -> None:
    """A renewed root with a new key does not lead to old intermediates."""
    issuing = made("issuing", made("root"))
    with pytest.raises(BadAuthority, match="leads to no root"):
        read(cert_manager(tmp_path / "s", issuing, made("root")))


def test_a_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    """Half of a renewal was copied."""
    root = made("root")
    files = {"cert.pem": root.pem, "key.pem": made("other").key_pem()}
    with pytest.raises(BadAuthority, match="no certificate of the private key"):
        read(write(tmp_path / "s", files))


def test_sha1_is_refused(tmp_path: Path) -> None:
    """The library that makes it may refuse as well; either way it does not sign."""
    root = made("root", key=rsa.generate_private_key(65537, 2048))
    try:
        issuing = made("issuing", root, Kind(digest=hashes.SHA1()))
    except Exception:
        pytest.skip("this build of OpenSSL signs nothing with SHA-1")
    with pytest.raises(BadAuthority, match="sha1"):
        read(cert_manager(tmp_path / "s", issuing, root))


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({}, "holds no private key"),
        ({"tls.key": "x"}, "holds tls.key and no tls.crt"),
        ({"tls.key": "x", "ca-key.pem": "y", "tls.crt": "z"}, "several private keys"),
        ({"key.pem": "garbage", "cert.pem": "garbage"}, "no PEM private key"),
    ],
)
def test_a_folder_that_lacks_files_is_told_what_belongs_there(
    tmp_path: Path, files: dict[str, str], why: str
) -> None:
    """With the names of each layout."""
    with pytest.raises(BadAuthority, match=why):
        read(write(tmp_path / "s", files))
    with pytest.raises(BadAuthority, match="is not a folder"):
        read(tmp_path / "nothing")


def test_a_missing_root_is_told(tmp_path: Path) -> None:
    """cert-manager leaves ca.crt out where its issuer does not tell it."""
    root = made("root")
    folder = cert_manager(tmp_path / "s", made("issuing", root), root)
    (folder / "ca.crt").unlink()
    with pytest.raises(BadAuthority, match=r"leads to no root.*ca\.crt"):
        read(folder)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o666])
def test_a_key_that_others_read_is_refused(tmp_path: Path, mode: int) -> None:
    """Whoever read it signs for every workload."""
    root = made("root")
    folder = write(tmp_path / "s", {"cert.pem": root.pem, "key.pem": root.key_pem()})
    (folder / "key.pem").chmod(mode)
    with pytest.raises(BadAuthority, match="chmod 600"):
        read(folder)


SECRET = b"correct horse"


def test_an_encrypted_key_is_read_with_its_passphrase(tmp_path: Path) -> None:
    """Without it, or with another, the error says where to name it."""
    root = made("root")
    folder = write(tmp_path / "s", {"cert.pem": root.pem, "key.pem": root.key_pem(SECRET)})
    assert verifies(read(folder, SECRET))
    with pytest.raises(BadAuthority, match=r"no passphrase was given.*--authority-passphrase"):
        read(folder)
    with pytest.raises(BadAuthority, match=r"not its own.*--authority-passphrase"):
        read(folder, b"wrong")


def test_keys_rest_encrypted_where_a_passphrase_is_given(tmp_path: Path) -> None:
    """One that was made before in clear is encrypted at the next start."""
    plain = Authority.open(tmp_path, now=lambda: NOW)
    key = tmp_path / "root.key"
    assert b"ENCRYPTED" not in key.read_bytes()
    sealed = Authority.open(tmp_path, now=lambda: NOW, passphrase=SECRET)
    assert sealed.roots_pem == plain.roots_pem
    assert b"ENCRYPTED" in key.read_bytes()
    assert key.stat().st_mode & 0o777 == 0o600
    with pytest.raises(BrokenAuthority, match="no passphrase was given"):
        Authority.open(tmp_path, now=lambda: NOW)
    assert Authority.open(tmp_path, now=lambda: NOW, passphrase=SECRET).issue(CART).chain


def test_what_is_handed_in_becomes_the_authority_of_the_folder(tmp_path: Path) -> None:
    """It is kept there, so that a restart needs the folder no longer, and a renewed intermediate
    under the same root takes its place."""
    root = made("root")
    first, second = made("issuing", root), made("issuing", root)
    state, source = tmp_path / "ca", tmp_path / "s"
    for issuing in (first, second):
        cert_manager(source, issuing, root)
        authority = opened(state, source)
        assert authority.issuer.certificate == issuing.certificate
        assert verifies(authority)
    assert (state / "root.key").stat().st_mode & 0o777 == 0o600


def test_another_root_is_not_taken_while_workloads_trust_the_first(tmp_path: Path) -> None:
    """Every workload would be cut off; the error names what exchanges roots."""
    before = Authority.open(tmp_path / "ca", now=lambda: NOW)
    root = made("root")
    cert_manager(tmp_path / "s", made("issuing", root), root)
    with pytest.raises(BrokenAuthority, match="gossamer identity rotate"):
        opened(tmp_path / "ca", tmp_path / "s")
    assert Authority.open(tmp_path / "ca", now=lambda: NOW).roots_pem == before.roots_pem


def test_a_take_over_that_was_interrupted_is_done_again(tmp_path: Path) -> None:
    """The key was written, and the chain that belongs to it was not."""
    root = made("root")
    state = IssuerFolder(tmp_path / "ca", DOMAIN)
    state.keep(read_handed_in(cert_manager(tmp_path / "s", made("a", root), root), DOMAIN, NOW))
    (tmp_path / "ca" / "root.key").write_text(made("b", root).key_pem())
    with pytest.raises(BrokenAuthority, match=r"does not belong to chain\.pem"):
        state.open(NOW)
    opened(tmp_path / "ca", tmp_path / "s")
    assert state.open(NOW).certificate.subject.rfc4514_string() == "CN=a"


def test_a_rotation_leads_to_an_authority_that_is_handed_in(tmp_path: Path) -> None:
    """The next root is another's. A plane that restarts with the flag of before goes on with the
    present one: it may have ended on its own. A third one is refused."""
    first, second = made("first"), made("second")
    old = cert_manager(tmp_path / "old", made("a", first), first)
    new = cert_manager(tmp_path / "new", made("b", second), second)
    opened(tmp_path / "ca", old)
    generations = Generations(tmp_path / "ca", now=lambda: NOW)
    generations.adopt(1, new)
    generations.write(Rotation(generation=1))
    assert opened(tmp_path / "ca", None).roots_pem == second.pem
    assert opened(tmp_path / "ca", new).issuer.chain[0].subject.rfc4514_string() == "CN=b"
    assert opened(tmp_path / "ca", old).roots_pem == second.pem
    third = cert_manager(tmp_path / "third", made("c", other := made("third")), other)
    with pytest.raises(BrokenAuthority, match="has another root"):
        opened(tmp_path / "ca", third)
    with pytest.raises(BrokenAuthority, match="is not a folder"):
        generations.adopt(2, tmp_path / "nowhere")


def test_a_passphrase_is_named_and_not_given(tmp_path: Path) -> None:
    """By a file's first line, or a variable that no child inherits."""
    path = tmp_path / "phrase"
    path.write_bytes(SECRET + b"\r\nrest")
    path.chmod(0o600)
    environ = {"PHRASE": SECRET.decode()}
    assert passphrase_at(f"file:{path}", environ) == SECRET
    assert passphrase_at("env:PHRASE", environ) == SECRET
    assert environ == {}
    assert passphrase_at("", environ) is None


@pytest.mark.parametrize("place", ["correct horse", "env:", "env:ABSENT", "file:/nowhere", "file:"])
def test_a_passphrase_that_is_not_there_is_told(place: str) -> None:
    """A passphrase given in place of its place is not repeated in full."""
    with pytest.raises(NoPassphrase, match="Nothing is started"):
        passphrase_at(place, {})


def test_the_good_kind_is_good(tmp_path: Path) -> None:
    """What the other tests change one thing of passes as it is."""
    root = made("root", kind=GOOD)
    assert verifies(read(cert_manager(tmp_path / "s", made("issuing", root, GOOD), root)))
