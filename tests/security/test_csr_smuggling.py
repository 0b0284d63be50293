"""CSR smuggling: whatever a request asks for, its certificate says what the template says."""

from __future__ import annotations

import json

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from gossamer.identity.attest.present_certificate import ProvenCaller
from gossamer.identity.authority import Authority
from gossamer.identity.plan import AttestedPod, CsrRefused, SpiffeId
from gossamer.identity.run import CertificateSigner

AGENT = ProvenCaller(SpiffeId.of_agent("east"))
POD = AttestedPod("shop", "cart-1", "cart", "east")
VAULT = "spiffe://cluster.local/ns/bank/sa/vault"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> CertificateSigner:
    pods = {"shop/cart-1": POD, "bank/vault-1": AttestedPod("bank", "vault-1", "vault", "west")}
    return CertificateSigner(Authority.open(tmp_path_factory.mktemp("ca")), pods.get)


def request(*extensions: x509.ExtensionType, subject: str = "") -> str:
    """A signing request that asks for these."""
    name = [x509.NameAttribute(NameOID.COMMON_NAME, subject)] if subject else []
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(name))
    for each in extensions:
        builder = builder.add_extension(each, critical=True)
    signed = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def ask(desk: CertificateSigner, csr: str, pod: str = "shop/cart-1", **more: object) -> object:
    body = {"pod": pod, "csr": csr, **more}
    return json.loads(desk.answer(json.dumps(body).encode(), AGENT))["chain"]


SMUGGLED = [
    request(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(VAULT)])),
    request(x509.SubjectAlternativeName([x509.DNSName("vault-1.bank"), x509.DNSName("*")])),
    request(x509.BasicConstraints(ca=True, path_length=None)),
    request(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE])),
    request(x509.NameConstraints([x509.DNSName("bank")], None)),
    request(x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"x")),
    request(subject="vault-1.bank"),
]


@pytest.mark.parametrize("csr", SMUGGLED)
def test_nothing_of_a_request_but_its_key_is_signed(desk: CertificateSigner, csr: str) -> None:
    """Names, authority, uses, constraints and strange extensions are left out."""
    leaf = x509.load_pem_x509_certificates(str(ask(desk, csr)).encode())[0]
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [each.value for each in names] == [
        "spiffe://cluster.local/ns/shop/sa/cart",
        "cart-1.shop",
    ]
    assert len(leaf.subject) == 0
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    kinds = {type(each.value).__name__ for each in leaf.extensions}
    assert kinds == {
        "BasicConstraints",
        "KeyUsage",
        "ExtendedKeyUsage",
        "SubjectAlternativeName",
        "SubjectKeyIdentifier",
        "AuthorityKeyIdentifier",
    }


def test_words_beside_the_request_name_nobody(desk: CertificateSigner) -> None:
    """Lifetimes, identities and names that stand in the JSON are not read."""
    chain = ask(desk, request(), spiffe=VAULT, dns=["vault-1.bank"], lifetime="365d", roots="x")
    assert "vault" not in str(x509.load_pem_x509_certificates(str(chain).encode())[0].extensions)


def test_another_hosts_pod_is_not_signed_for(desk: CertificateSigner) -> None:
    """An agent speaks for what runs on its own host."""
    with pytest.raises(CsrRefused, match="host 'west'"):
        ask(desk, request(), pod="bank/vault-1")


@pytest.mark.parametrize(
    ("caller", "pod"),
    [
        (ProvenCaller(SpiffeId.of_account("shop", "cart"), "cart-2.shop"), "shop/cart-1"),
        (ProvenCaller(SpiffeId.of_account("shop", "cart")), "shop/cart-1"),
        (ProvenCaller(SpiffeId.of_account("bank", "vault"), "cart-1.shop"), "shop/cart-1"),
        (ProvenCaller(SpiffeId.of_account("shop", "cart", "corp"), "cart-1.shop"), "shop/cart-1"),
        (ProvenCaller(SpiffeId.of_plane()), "shop/cart-1"),
    ],
)
def test_a_workload_renews_itself_and_nobody_else(
    desk: CertificateSigner, caller: ProvenCaller, pod: str
) -> None:
    """Not its sibling of the same account, nor as another account with the same name."""
    with pytest.raises(CsrRefused):
        desk.answer(json.dumps({"pod": pod, "csr": request()}).encode(), caller)
    own = ProvenCaller(SpiffeId.of_account("shop", "cart"), "cart-1.shop")
    assert desk.answer(json.dumps({"pod": "shop/cart-1", "csr": request()}).encode(), own)
