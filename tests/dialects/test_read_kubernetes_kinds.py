"""Kubernetes' own kinds: Services, endpoints, Namespaces and Secrets."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from json import dumps
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gossamer.model.finding import Severity
from gossamer.model.traffic.secret import Namespace
from gossamer.model.traffic.service import Protocol, ServicePort
from tests.dialects.certificate_pem import CHAIN, KEY
from tests.dialects.full_documents import ENDPOINT_SLICE, ENDPOINTS, NAMESPACE, SECRET, SERVICE
from tests.dialects.full_manifests import codes, document, first, reading, refused, spec, the


def test_a_service_in_full() -> None:
    """Host, ports with protocols and targets, addresses, selector and who sees it."""
    service = the(reading(SERVICE))
    assert service.host == "reviews.shop.svc.cluster.local"
    assert service.ports == (
        ServicePort(80, "http-web", Protocol.HTTP, "web"),
        ServicePort(81, "other", Protocol.HTTP2, 8081),
        ServicePort(53, "dns", Protocol.UDP, 53),
    )
    assert service.addresses == ("10.96.0.7", "fd00:10:96::7")
    assert service.selector == (("app", "reviews"),)
    assert service.publish_not_ready
    assert service.export_to == ("other", "shop")


@pytest.mark.parametrize(
    ("port", "protocol"),
    [
        ("name: http", Protocol.HTTP),
        ("name: http-web", Protocol.HTTP),
        ("name: http2-a", Protocol.HTTP2),
        ("name: grpc", Protocol.GRPC),
        ("name: grpc-web-a", Protocol.HTTP),
        ("name: https", Protocol.HTTPS),
        ("name: tls-a", Protocol.TLS),
        ("name: tcp-redis", Protocol.TCP),
        ("name: redis", Protocol.TCP),
        ("name: http, protocol: UDP", Protocol.UDP),
        ("name: tcp, appProtocol: http", Protocol.HTTP),
        ("name: http, appProtocol: grpc", Protocol.GRPC),
        ("name: a, appProtocol: h2c", Protocol.HTTP2),
        ("name: a, appProtocol: kubernetes.io/ws", Protocol.HTTP),
    ],
)
def test_protocols_by_name_and_by_app_protocol(port: str, protocol: Protocol) -> None:
    """appProtocol decides, else the name's beginning."""
    fragment = the(spec("v1", "Service", f"ports: [{{port: 80, {port}}}]"))
    assert fragment.ports[0].protocol is protocol


@pytest.mark.parametrize(
    ("port", "severity"),
    [
        ("name: web", Severity.INFO),
        ("targetPort: 8080", Severity.INFO),
        ("name: a, appProtocol: morse", Severity.WARNING),
    ],
)
def test_a_port_of_unknown_protocol_is_looked_at_and_told(port: str, severity: Severity) -> None:
    """What it speaks is found connection by connection; the author learns how to spare that."""
    result = spec("v1", "Service", f"ports: [{{port: 80, {port}}}]")
    assert first(result).ports[0].protocol is Protocol.UNDECLARED
    assert set(codes(result.findings)) == {"unknown-protocol"}
    assert result.findings[0].severity is severity


def test_undeclared_ports_are_told_once() -> None:
    """However many a service has, with the remedy once."""
    result = spec("v1", "Service", "ports: [{name: a, port: 80}, {name: b, port: 81}]")
    assert codes(result.findings) == ["unknown-protocol"]
    assert "80, 81" in result.findings[0].message


@pytest.mark.parametrize("port", [25, 53, 3306, 27017])
def test_well_known_ports_of_bytes_are_not_looked_at(port: int) -> None:
    """As in Istio: their servers speak first, or their protocol is known."""
    result = spec("v1", "Service", f"ports: [{{port: {port}}}]")
    assert first(result).ports[0].protocol is Protocol.TCP
    assert codes(result.findings) == []


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("clusterIP: None", {"headless": True, "addresses": ()}),
        ("clusterIPs: [None]", {"headless": True}),
        ("clusterIP: ''\nports: [{name: http, port: 80}]", {"headless": False, "addresses": ()}),
        ("selector: {}\nports: [{name: http, port: 80}]", {"selector": None}),
        (
            "type: ExternalName\nexternalName: DB.example.com",
            {"alias": "db.example.com", "headless": True, "selector": None},
        ),
    ],
)
def test_services_of_other_shapes(body: str, wanted: dict[str, object]) -> None:
    """Headless, without selector, and the other name of something else."""
    fragment = the(spec("v1", "Service", body))
    assert {name: getattr(fragment, name) for name in wanted} == wanted


@pytest.mark.parametrize(
    "port", ["port: 0", "port: '80'", "port: 80, targetPort: 70000", "port: 80, protocol: SCTP"]
)
def test_a_wrong_port_is_left_out_alone(port: str) -> None:
    """The service's other ports are served."""
    result = spec("v1", "Service", f"ports: [{{name: http-a, {port}}}, {{name: http, port: 81}}]")
    assert [p.number for p in first(result).ports] == [81]
    assert result.findings


@pytest.mark.parametrize(
    "body",
    ["selector: {a: 5}", "selector: x", "type: ExternalName", "clusterIP: 10.0.0", "type: Odd"],
)
def test_a_service_that_would_reach_others_is_refused(body: str) -> None:
    """A wrong selector, address or type never sends calls to pods that nobody meant."""
    assert refused(spec("v1", "Service", body))


def test_endpoints_and_slices_stand_behind_their_service() -> None:
    """Ready addresses only; a slice says its service in a label, Endpoints by their name."""
    for text, address in ((ENDPOINTS, "192.0.2.9"), (ENDPOINT_SLICE, "192.0.2.11")):
        fragment = the(reading(text))
        assert fragment.host == "legacy.shop.svc.cluster.local"
        assert [endpoint.address for endpoint in fragment.endpoints] == [address]
        assert fragment.endpoints[0].named_ports == (("http", 8080),)


def test_slices_that_kubernetes_keeps_are_left_alone() -> None:
    """The pods behind them are watched themselves, and must not count twice."""
    keeper = "endpointslice.kubernetes.io/managed-by: endpointslice-controller.k8s.io"
    result = reading(ENDPOINT_SLICE.replace("labels: {", f"labels: {{{keeper}, "))
    assert result.findings == ()
    assert result.contribution is not None
    assert result.contribution.fragments == ()


def test_a_namespace_brings_its_labels() -> None:
    """Gateways and injection choose by them."""
    namespace = the(reading(NAMESPACE))
    assert isinstance(namespace, Namespace)
    assert (namespace.name, namespace.labels) == ("shop", (("istio-injection", "enabled"),))


def test_a_tls_secret_is_kept_and_never_shown() -> None:
    """Chain, key and roots are decoded; no repr shows them."""
    secret = the(reading(SECRET))
    assert secret.chain.startswith(b"-----BEGIN CERTIFICATE")
    assert secret.key.startswith(b"-----BEGIN PRIVATE KEY")
    assert secret.roots
    assert "BEGIN" not in repr(secret)


def test_istios_own_names_and_plain_strings_count() -> None:
    """`cert` and `key`, and stringData, are certificates too."""
    body = f"type: Opaque\nstringData: {dumps({'cert': CHAIN, 'key': KEY})}"
    fragment = the(reading(document("v1", "Secret", body)))
    assert (fragment.chain, fragment.key) == (CHAIN.encode(), KEY.encode())


@pytest.mark.parametrize(
    "body",
    ["data: {password: aHVudGVyMg==}", "type: Opaque", "data: {key: aHVudGVyMg==}", "data: 5"],
)
def test_other_secrets_pass_silently(body: str) -> None:
    """A password is nobody's certificate: nothing is kept, nothing said."""
    result = reading(document("v1", "Secret", body))
    assert result.findings == ()
    assert result.contribution is None


@pytest.mark.parametrize(
    "data",
    [
        "{tls.crt: hunter2!, tls.key: hunter2!}",
        f"{{tls.crt: {b64encode(b'hunter2').decode()}, tls.key: hunter2}}",
        "hunter2",
        "{tls.crt: [hunter2]}",
        "{}",
    ],
)
def test_a_bad_tls_secret_is_refused_without_quoting_it(data: str) -> None:
    """Its author is told which field is wrong, and never what stands in it."""
    body = f"type: kubernetes.io/tls\ndata: {data}"
    result = reading(document("v1", "Secret", body))
    assert result.contribution is None
    assert "invalid-secret" in codes(result.findings, Severity.ERROR)
    assert "hunter2" not in repr(result.findings)


def _pair(key: Any, other: Any = None) -> str:
    """A TLS secret's text: a certificate of a key, with that key or another."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a.example")])
    start = datetime(2024, 1, 1)
    proto = x509.CertificateBuilder(name, name, key.public_key(), 1, start, datetime(2124, 1, 1))
    edwards = isinstance(key, ed25519.Ed25519PrivateKey)
    chain = proto.sign(key, None if edwards else SHA256()).public_bytes(Encoding.PEM)
    forms = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    private = (other or key).private_bytes(*forms)
    return dumps({"tls.crt": chain.decode(), "tls.key": private.decode()})


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (_pair(rsa.generate_private_key(65537, 1024)), "1024 bits"),
        (_pair(ed25519.Ed25519PrivateKey.generate()), "neither RSA nor ECDSA"),
        (
            _pair(ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())),
            "not its certificate's",
        ),
        (dumps({"tls.crt": CHAIN[:200] + CHAIN[-60:], "tls.key": KEY}), "cannot be parsed"),
        (dumps({"tls.crt": CHAIN, "tls.key": KEY[:80] + KEY[-60:]}), "cannot be parsed"),
    ],
)
def test_a_certificate_that_envoy_would_refuse_is_told(data: str, name: str) -> None:
    """Broken, foreign, short and unusual keys never reach Envoy."""
    body = f"type: kubernetes.io/tls\nstringData: {data}"
    result = reading(document("v1", "Secret", body))
    assert result.contribution is None
    assert name in result.findings[0].message


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "0.0.0.0", "169.254.1.1", "224.0.0.1"])
def test_an_endpoint_is_never_the_callers_own_machine(address: str) -> None:
    """Kubernetes refuses such addresses: each caller would reach itself, its proxy's doors too."""
    family = "IPv6" if ":" in address else "IPv4"
    result = document(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        f"addressType: {family}\nports: [{{name: http, port: 80}}]\n"
        f'endpoints: [{{addresses: ["{address}"]}}]',
    )
    assert "invalid-address" in codes(reading(result).findings)


def test_names_in_a_slice_are_told() -> None:
    """Kubernetes takes a slice of names, and nobody calls them; here neither, and it is told."""
    labels = "{name: one, labels: {kubernetes.io/service-name: db}}"
    result = reading(
        f"apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {labels}\n"
        "addressType: FQDN\nports: [{port: 80}]\nendpoints: [{addresses: [db.example.com]}]\n"
    )
    assert result.contribution is not None
    assert result.contribution.fragments == ()
    (finding,) = result.findings
    assert (finding.code, finding.origin.field) == ("no-effect", "addressType")
