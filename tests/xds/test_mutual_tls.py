"""Who speaks is proven by certificate, and by nothing a client says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gossamer.xds.serve import mutual_tls, serve
from gossamer.xds.stream.session import OpenStreams, Peer
from tests.xds.world import World

AGENT = "spiffe://cluster.local/gossamer/agent/lab"


class Authority:
    """A certificate authority of this test's own."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test root")])
        root = self._builder(self._name, self._key)
        root = root.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.roots = _pem(root.sign(self._key, hashes.SHA256()))

    def issue(self, *names: x509.GeneralName) -> tuple[bytes, bytes]:
        """(key, chain) as PEM for subject alternative names."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "leaf")])
        leaf = self._builder(subject, key)
        leaf = leaf.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return _key_pem(key), _pem(leaf.sign(self._key, hashes.SHA256()))

    def _builder(self, subject: x509.Name, key: Any) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=2))
            .not_valid_after(now + timedelta(hours=1))
        )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


async def _who(request: bytes, peer: Peer, metadata: Mapping[str, str]) -> bytes:
    return (peer.spiffe or "nobody").encode()


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[tuple[Authority, str]]:
    authority = Authority()
    key, chain = authority.issue(x509.DNSName("plane"))
    credentials = mutual_tls(lambda: (key, chain, authority.roots))
    address = f"unix:{tmp_path}/x.sock"
    serving = await serve([address], OpenStreams(World()), {"/test/Who": _who}, credentials)
    yield authority, address
    await serving.close()


def _channel(authority: Authority, address: str, key: bytes | None, chain: bytes | None) -> Any:
    credentials = grpc.ssl_channel_credentials(authority.roots, key, chain)
    options = (("grpc.ssl_target_name_override", "plane"), ("grpc.default_authority", "plane"))
    return grpc.aio.secure_channel(address, credentials, options=options)


async def test_the_spiffe_id_comes_from_the_certificate(here: tuple[Authority, str]) -> None:
    """Over a Unix socket with mutual TLS the peer's one URI name is who it is."""
    authority, address = here
    channel = _channel(authority, address, *authority.issue(x509.UniformResourceIdentifier(AGENT)))
    assert await channel.unary_unary("/test/Who")(b"") == AGENT.encode()
    await channel.close()


async def test_two_identities_are_none(here: tuple[Authority, str]) -> None:
    """A certificate that claims two SPIFFE ids proves neither."""
    authority, address = here
    two = (x509.UniformResourceIdentifier(AGENT), x509.UniformResourceIdentifier(AGENT + "2"))
    channel = _channel(authority, address, *authority.issue(*two))
    assert await channel.unary_unary("/test/Who")(b"") == b"nobody"
    await channel.close()


@pytest.mark.parametrize("stranger", [True, False], ids=["other-root", "no-certificate"])
async def test_who_proves_nothing_is_not_heard(here: tuple[Authority, str], stranger: bool) -> None:
    """Without a certificate of our root there is no connection."""
    authority, address = here
    agent = x509.UniformResourceIdentifier(AGENT)
    pair = Authority().issue(agent) if stranger else (None, None)
    channel = _channel(authority, address, *pair)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await channel.unary_unary("/test/Who")(b"", timeout=10)
    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
    await channel.close()


async def test_a_renewed_certificate_serves_at_every_address(tmp_path: Path) -> None:
    """One that is the same is not handed over again; another one is, wherever we listen."""
    first, second = Authority(), Authority()
    pems = [(*first.issue(x509.DNSName("plane")), first.roots)]
    addresses = [f"unix:{tmp_path}/{name}.sock" for name in ("a", "b")]
    methods = {"/test/Who": _who}
    serving = await serve(addresses, OpenStreams(World()), methods, mutual_tls(lambda: pems[0]))
    for authority in (first, first, second):
        pems[0] = (*authority.issue(x509.DNSName("plane")), authority.roots)
        for address in addresses:
            agent = authority.issue(x509.UniformResourceIdentifier(AGENT))
            channel = _channel(authority, address, *agent)
            assert await channel.unary_unary("/test/Who")(b"") == AGENT.encode()
            await channel.close()
    await serving.close()
