"""Bundles in the SPIFFE format: ours as others read it, and theirs as we believe it."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from gossamer.identity.authority import Authority
from gossamer.identity.federation.bundle import check_domain, foreign_roots, spiffe_bundle
from gossamer.identity.plan import agent_template
from gossamer.identity.rotation.plan import (
    FEDERATED_WAIT,
    Rotation,
    RotationPhase,
    waits_for_others,
)
from gossamer.identity.trust_bundle import BadBundle

NOON = datetime(2031, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def roots(tmp_path: Path) -> str:
    """Two roots, as in the middle of a rotation."""
    return "".join(Authority.open(tmp_path / name).roots_pem for name in ("former", "next"))


def rsa_root() -> str:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "other")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    builder = builder.public_key(key.public_key()).serial_number(1)
    builder = builder.not_valid_before(NOON).not_valid_after(NOON + timedelta(days=1))
    builder = builder.add_extension(x509.BasicConstraints(True, None), critical=True)
    signed = builder.sign(key, hashes.SHA256())
    return signed.public_bytes(Encoding.PEM).decode()


def test_ours_is_read_back_as_it_was(roots: str) -> None:
    """Every root once, in its order, whatever its key."""
    whole = roots + rsa_root()
    assert foreign_roots(spiffe_bundle(whole, 3)) == whole.encode()


def test_ours_says_what_the_format_demands(roots: str) -> None:
    """A key's use, type and numbers, its certificate in `x5c`, the sequence and the hint."""
    bundle = json.loads(spiffe_bundle(roots, 7))
    assert bundle["spiffe_sequence"] == 7
    assert bundle["spiffe_refresh_hint"] > 0
    for key in bundle["keys"]:
        assert (key["use"], key["kty"], key["crv"]) == ("x509-svid", "EC", "P-256")
        assert len(base64.urlsafe_b64decode(key["x"] + "=")) == 32
        root = x509.load_der_x509_certificate(base64.b64decode(key["x5c"][0]))
        numbers = root.public_key().public_numbers()  # type: ignore[union-attr]
        assert int.from_bytes(base64.urlsafe_b64decode(key["y"] + "=")) == numbers.y  # type: ignore[union-attr]
    assert "PRIVATE" not in json.dumps(bundle)


def test_roots_alone_are_taken_too(roots: str) -> None:
    """In PEM, as most tools write them."""
    assert foreign_roots(roots.encode()) == roots.encode()


def test_keys_of_other_uses_are_passed_over(roots: str) -> None:
    """A bundle may hold keys of tokens, and fields of later versions."""
    bundle = json.loads(spiffe_bundle(roots, 1))
    bundle["keys"].append({"use": "jwt-svid", "kty": "EC", "kid": "a"})
    bundle["keys"].append({"use": "some-svid", "kty": "EC"})
    assert foreign_roots(json.dumps(bundle | {"later": 1}).encode()) == roots.encode()


def broken(roots: str, **fields: Any) -> bytes:
    """A bundle whose first key is changed so."""
    bundle = json.loads(spiffe_bundle(roots, 1))
    bundle["keys"][0] |= fields
    return json.dumps(bundle).encode()


@pytest.mark.parametrize(
    "fields",
    [{"x5c": []}, {"x5c": ["a", "b"]}, {"x5c": ["%"]}, {"x5c": ["AAAA"]}, {"x5c": "AAAA"}],
    ids=str,
)
def test_a_broken_key_refuses_the_whole(roots: str, fields: dict[str, Any]) -> None:
    """Half a bundle would refuse half of another mesh."""
    with pytest.raises(BadBundle):
        foreign_roots(broken(roots, **fields))


@pytest.mark.parametrize("data", [b"", b"{}", b"{", b'{"keys": []}', b'{"keys": 1}', b"[1]"])
def test_what_proves_nobody_is_refused(data: bytes) -> None:
    """With words that say what to ask the other domain for."""
    with pytest.raises(BadBundle):
        foreign_roots(data)


def test_a_workloads_certificate_is_no_root(tmp_path: Path, roots: str) -> None:
    """Whoever holds its key could sign nothing, but the mistake is told."""
    leaf = Authority.open(tmp_path / "former").issue(agent_template("east")).chain
    der = x509.load_pem_x509_certificate(leaf.encode())
    encoded = base64.b64encode(der.public_bytes(Encoding.DER)).decode()
    with pytest.raises(BadBundle, match="not of a certificate authority"):
        foreign_roots(broken(roots, x5c=[encoded]))


@pytest.mark.parametrize("name", ["", "A.example", "a/b", "a b", "spiffe://a", "cluster.local"])
def test_some_names_are_no_other_mesh(name: str) -> None:
    """Malformed, or this mesh's own: its roots are not for others to say."""
    with pytest.raises(BadBundle):
        check_domain(name, ("cluster.local", "old.example"))


def test_a_rotation_gives_others_time_to_look() -> None:
    """While both roots are distributed; nobody tells when another domain has looked."""
    now = Rotation(phase=RotationPhase.DISTRIBUTING, since=NOON)
    (waiting,) = waits_for_others(now, NOON, others=True)
    assert waiting.who == "federated domains"
    assert waits_for_others(now, NOON + FEDERATED_WAIT, others=True) == ()
    assert waits_for_others(now, NOON, others=False) == ()
    later = Rotation(phase=RotationPhase.ACTIVATED, since=NOON)
    assert waits_for_others(later, NOON, others=True) == ()
