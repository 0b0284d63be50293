"""What is applied is told what `analyze` tells of it: certificates that do not hold today, too."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import indent

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gossamer.identity.authority import Authority
from gossamer.identity.run import CertificateSigner
from gossamer.plane.api.answers import Applied
from gossamer.plane.documents import StoreFollower
from gossamer.plane.observed.observations import Observations
from gossamer.plane.pipeline import Pipeline
from gossamer.plane.plane import Plane
from gossamer.plane.streams.proxies import ConnectedProxies
from gossamer.store.paths import File
from gossamer.store.sqlite import SqliteStore
from gossamer.telemetry.edges import Edges
from tests.plane.access.doors import OPERATES
from tests.plane.banning import ban_desk
from tests.plane.resting_rotation import rotation_desk

YEAR = timedelta(days=365)


def secret(since: datetime, until: datetime) -> File:
    """A file with a TLS Secret whose certificate holds from then to then."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "shop.example.com")])
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
    built = built.public_key(key.public_key()).not_valid_before(since).not_valid_after(until)
    pem, bare = serialization.Encoding.PEM, serialization.NoEncryption()
    chain = built.sign(key, hashes.SHA256()).public_bytes(pem).decode()
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, bare).decode()
    text = (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: cert, namespace: shop}\n"
        "type: kubernetes.io/tls\nstringData:\n"
        f"  tls.crt: |\n{indent(chain, '    ')}  tls.key: |\n{indent(private, '    ')}"
    )
    return File("cert.yaml", text.encode())


@pytest.fixture
async def plane(tmp_path: Path) -> AsyncIterator[Plane]:
    """A whole plane over a store of its own, without its sockets."""
    pipeline = Pipeline()
    store = await SqliteStore.open(tmp_path / "store.db")
    documents = StoreFollower(store, pipeline, lambda: None)
    desk = CertificateSigner(Authority.open(tmp_path / "ca"), lambda pod: None)
    observations = Observations(tmp_path / "observations", time.time)
    proxies = ConnectedProxies(pipeline)
    await documents.load()
    following = asyncio.create_task(documents.follow())
    parts = (
        pipeline,
        documents,
        observations,
        proxies,
        desk,
        Edges(),
        time.time,
        ban_desk(tmp_path, observations, proxies),
        rotation_desk(tmp_path / "ca", observations, proxies, time.time),
    )
    yield Plane(*parts)
    following.cancel()
    await store.close()


def lapses(answer: Applied) -> list[str]:
    """What the answer says of dates."""
    return [f.message for f in answer.findings if f.code == "certificate-lapsed"]


@pytest.mark.parametrize(
    ("from_now", "said"), [(-2 * YEAR, "expired on"), (YEAR, "is not valid before")]
)
async def test_a_certificate_that_does_not_hold_is_told(
    plane: Plane, from_now: timedelta, said: str
) -> None:
    """By the answer to `apply` and to `apply --dry-run`, once each; it is taken all the same."""
    born = datetime.now(UTC) + from_now
    files = [secret(born, born + YEAR)]
    for answer in (await plane.preview(files, OPERATES), await plane.apply(files, OPERATES)):
        (message,) = lapses(answer)
        assert said in message
        assert [each.action for each in answer.applied] == ["created"]


async def test_a_certificate_of_today_is_fine(plane: Plane) -> None:
    """Nothing is said of what holds."""
    now = datetime.now(UTC)
    files = [secret(now - YEAR, now + YEAR)]
    assert lapses(await plane.preview(files, OPERATES)) == []
    assert lapses(await plane.apply(files, OPERATES)) == []
