"""Certificates that clients would not believe are told: by their names and by their dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from textwrap import indent

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gossamer.cli.offline.offline_mesh import offline_mesh
from gossamer.cli.reading import read_all
from gossamer.compile.checks.gateways.certificates import lapsed
from gossamer.compile.checks.table import check_all
from gossamer.model.finding import Finding
from gossamer.store.paths import File

BORN = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)


def secret(names: Sequence[str]) -> str:
    """A TLS Secret whose certificate is for these hosts, for the year that begins with BORN."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "unused.example.com")])
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
    built = built.public_key(key.public_key())
    built = built.not_valid_before(BORN).not_valid_after(BORN + YEAR)
    hosts = x509.SubjectAlternativeName([x509.DNSName(each) for each in names])
    chain = built.add_extension(hosts, critical=False).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    form, bare = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: cert, namespace: istio-system}\n"
        "type: kubernetes.io/tls\nstringData:\n  tls.crt: |\n"
        + indent(chain.public_bytes(pem).decode(), "    ")
        + "  tls.key: |\n"
        + indent(key.private_bytes(pem, form, bare).decode(), "    ")
    )


def gateway(host: str) -> str:
    """An Istio Gateway that serves this host with that Secret."""
    return (
        "---\napiVersion: networking.istio.io/v1\nkind: Gateway\n"
        "metadata: {name: front, namespace: istio-system}\n"
        "spec:\n  selector: {istio: ingressgateway}\n  servers:\n"
        f"  - hosts: ['{host}']\n    port: {{number: 443, name: https, protocol: HTTPS}}\n"
        "    tls: {mode: SIMPLE, credentialName: cert}\n"
    )


def said(text: str, now: datetime = BORN + YEAR / 2) -> list[Finding]:
    """What there is to say of certificates in this file at that time."""
    mesh, _ = offline_mesh(read_all([File("f.yaml", text.encode())]))
    objects = mesh.contributions.values()
    matching = (*check_all(mesh, objects), *lapsed(objects, now.timestamp()))
    return [each for each in matching if each.code.startswith("certificate-")]


@pytest.mark.parametrize(
    ("names", "host"),
    [
        (["shop.example.com"], "shop.example.com"),
        (["*.example.com"], "shop.example.com"),
        (["*.example.com"], "*.example.com"),
        (["shop.example.com"], "*.example.com"),
        (["a.test", "SHOP.example.com"], "shop.example.com"),
        (["shop.example.com"], "*"),
    ],
)
def test_a_certificate_for_the_host_is_fine(names: list[str], host: str) -> None:
    """By its name, by a wildcard, or for some host of a wildcard listener."""
    assert said(secret(names) + gateway(host)) == []


@pytest.mark.parametrize(
    ("names", "host"),
    [
        (["shop.example.com"], "pay.example.com"),
        (["*.example.com"], "a.b.example.com"),
        (["*.example.com"], "example.com"),
        (["shop.example.com"], "*.example.org"),
        (["unused.test"], "unused.example.com"),
    ],
)
def test_a_certificate_for_others_is_told_at_the_listener(names: list[str], host: str) -> None:
    """A wildcard stands for one label; where hosts are named, the common name counts nothing."""
    (finding,) = said(secret(names) + gateway(host))
    assert finding.code == "certificate-mismatch"
    assert str(finding.origin.object) == "Gateway istio-system/front"
    assert host in finding.message


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (BORN - timedelta(days=1), "is not valid before 2026-01-01"),
        (BORN + YEAR + timedelta(days=1), "expired on 2027-01-01"),
    ],
)
def test_a_certificate_of_another_time_is_told_at_its_secret(now: datetime, words: str) -> None:
    """Envoy serves with it all the same, so nobody else would say it."""
    (finding,) = said(secret(["a.test"]), now)
    assert finding.code == "certificate-lapsed"
    assert words in finding.message
    assert str(finding.origin.object) == "Secret istio-system/cert"
