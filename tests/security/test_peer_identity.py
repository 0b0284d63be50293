"""A workload lets in workloads of its mesh, however good another certificate is."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import DNSName, UniformResourceIdentifier

from gossamer.identity.authority import Authority
from gossamer.identity.keys import load_key
from gossamer.identity.plan import AttestedPod, CsrRefused, SpiffeId, pod_template
from gossamer.model.policies.workload.mtls import MtlsMode
from gossamer.process.clock import utc_now
from gossamer.xds.serve import peer_of
from tests.compile.dialling import echoing, greeting
from tests.compile.reviews_mesh import mtls
from tests.compile.running_mesh import Start
from tests.compile.two_workloads import World

DOMAIN = "spiffe://cluster.local"
WORKLOAD = f"{DOMAIN}/ns/default/sa/friend"
Names = Sequence[x509.GeneralName]

STRANGERS: dict[str, Names] = {
    "of another trust domain": (
        UniformResourceIdentifier("spiffe://evil.example/ns/default/sa/friend"),
    ),
    "of a domain that begins alike": (
        UniformResourceIdentifier("spiffe://cluster.local.evil/ns/default/sa/friend"),
    ),
    "of a domain that a pattern would take": (
        UniformResourceIdentifier("spiffe://clusterxlocal/ns/default/sa/a"),
    ),
    "without names": (),
    "with a DNS name alone": (DNSName("friend-1.default"),),
    "two workloads": (
        UniformResourceIdentifier(WORKLOAD),
        UniformResourceIdentifier(f"{DOMAIN}/ns/default/sa/admin"),
    ),
    "the same workload twice": (
        UniformResourceIdentifier(WORKLOAD),
        UniformResourceIdentifier(WORKLOAD),
    ),
    "a workload and a web page": (
        UniformResourceIdentifier("https://example.com/"),
        UniformResourceIdentifier(WORKLOAD),
    ),
    "an https name": (UniformResourceIdentifier("https://cluster.local/ns/default/sa/friend"),),
    "an agent": (UniformResourceIdentifier(f"{DOMAIN}/gossamer/agent/here"),),
    "the plane": (UniformResourceIdentifier(f"{DOMAIN}/gossamer/plane"),),
    "the root itself": (UniformResourceIdentifier(DOMAIN),),
    "a longer path": (UniformResourceIdentifier(f"{WORKLOAD}/more"),),
    "a semicolon": (UniformResourceIdentifier(f"{WORKLOAD};URI={DOMAIN}/ns/default/sa/admin"),),
    "a comma": (UniformResourceIdentifier(f"{WORKLOAD},By={DOMAIN}/ns/default/sa/admin"),),
    "a quote": (UniformResourceIdentifier(f'{WORKLOAD}"'),),
    "a query": (UniformResourceIdentifier(f"{WORKLOAD}?a=b"),),
    "a DNS name that writes a header": (
        UniformResourceIdentifier(WORKLOAD),
        DNSName(f"a;URI={DOMAIN}/ns/default/sa/admin"),
    ),
    "two DNS names": (
        UniformResourceIdentifier(WORKLOAD),
        DNSName("a.default"),
        DNSName("b.default"),
    ),
}


def certificate(folder: Path, names: Names) -> Path:
    """A client certificate with these names, signed by the mesh's own root."""
    root_key = load_key((folder / "ca" / "root.key").read_text())
    root = x509.load_pem_x509_certificate((folder / "ca" / "root.pem").read_bytes())
    key, now = ec.generate_private_key(ec.SECP256R1()), utc_now()
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(root.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
    )
    if names:
        made = made.add_extension(x509.SubjectAlternativeName(names), critical=True)
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(
        encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "client.pem"
    path.write_bytes(private + made.sign(root_key, hashes.SHA256()).public_bytes(encoding))
    return path


async def said_to(
    bind: str,
    port: int,
    alpn: str,
    chain: Path,
    say: bytes,
    client: ssl.SSLContext | None = None,
) -> bytes:
    """What comes back for these bytes over TLS with that certificate; nothing if refused."""
    client = client or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.set_alpn_protocols([alpn])
    client.load_cert_chain(chain)
    try:
        async with asyncio.timeout(20):
            reader, writer = await asyncio.open_connection(bind, port, ssl=client)
            writer.write(say)
            heard = b""
            while data := await reader.read(4096):
                heard += data
                if b"ping" in heard or b"200 OK" in heard:
                    break
            writer.close()
            return heard
    except (ssl.SSLError, ConnectionError):
        return b""


@pytest.mark.e2e
async def test_strangers_are_refused(start: Start, authority: Authority, tmp_path: Path) -> None:
    """One URI of this trust domain and of a workload: on HTTP ports, byte ports and others."""
    world = World(authority, mtls(MtlsMode.STRICT))
    callee = await start(world.plane(world.reviews))
    bind = callee.plane.bind
    request = b"GET / HTTP/1.1\r\nhost: reviews\r\n\r\n"
    roads = ((9080, "istio-http/1.1", request), (9080, "istio", request), (3306, "istio", b"ping"))
    async with echoing(world.app, 9080), greeting(world.app, 3306):
        friend = certificate(
            tmp_path, (UniformResourceIdentifier(WORKLOAD), DNSName("friend-1.default"))
        )
        for port, alpn, say in roads:
            heard = await said_to(bind, port, alpn, friend, say)
            assert b"ping" in heard or b"200 OK" in heard
        for who, names in STRANGERS.items():
            chain = certificate(tmp_path, names)
            for port, alpn, say in roads:
                heard = await said_to(bind, port, alpn, chain, say)
                assert b"ping" not in heard, (who, port, alpn)
                assert b"200" not in heard, (who, port, alpn)
    assert callee.plane.refused == []


@pytest.mark.parametrize("name", ["a;b", 'a"b', "a,b", "a/b", "..", "", "a b", "a%2fb", "a\nb"])
def test_no_such_name_is_signed(name: str) -> None:
    """What could be taken for another id, or for more than one, never enters a certificate."""
    with pytest.raises(CsrRefused):
        pod_template(AttestedPod("default", "pod-1", name, "here"))
    with pytest.raises(CsrRefused):
        pod_template(AttestedPod(name, "pod-1", "friend", "here"))


@pytest.mark.parametrize("text", ["https://cluster.local/ns/a/sa/b", "spiffe://", "", DOMAIN])
def test_what_is_not_a_spiffe_id_is_told_so(text: str) -> None:
    """A malformed id is an error of the caller's, with a sentence."""
    with pytest.raises(ValueError, match="SPIFFE id"):
        SpiffeId.parse(text)


class _Context:
    """A call whose peer showed a certificate with these names."""

    def __init__(self, *names: str) -> None:
        self._names = [name.encode() for name in names]

    def auth_context(self) -> dict[str, list[bytes]]:
        return {"x509_subject_alternative_name": self._names}

    def peer(self) -> str:
        return "ipv4:127.0.0.1:1"


@pytest.mark.parametrize(
    "names", [(WORKLOAD, f"{DOMAIN}/ns/default/sa/b"), (WORKLOAD, "https://example.com/"), ()]
)
def test_the_plane_takes_one_identity_or_none(names: tuple[str, ...]) -> None:
    """A peer with two URIs is nobody to the plane, whatever they are."""
    assert peer_of(_Context(*names)).spiffe is None
    assert peer_of(_Context(WORKLOAD, "friend-1.default")).spiffe == WORKLOAD
