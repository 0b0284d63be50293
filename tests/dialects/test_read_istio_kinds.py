"""Istio's Gateway, ServiceEntry, PeerAuthentication and MeshConfig."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gossamer.dialects.reading import ReadResult
from gossamer.model.finding import Severity
from gossamer.model.policies import policies
from gossamer.model.policies.server_tls import HttpsRedirect, ServerTls, ServerTlsMode
from gossamer.model.policies.workload.mtls import Mtls, MtlsMode
from gossamer.model.settings import ClientCertificate, OutboundTraffic, PathNormalization
from gossamer.model.tls_parameters import WITH_OTHERS, WITHIN_THE_MESH, TlsVersion
from gossamer.model.traffic.gateway import GatewayListener
from gossamer.model.traffic.service import (
    DeclaredEndpoints,
    Endpoint,
    Protocol,
    Resolution,
    Service,
)
from tests.dialects.full_documents import GATEWAY, MESH_CONFIG, PEER_AUTHENTICATION, SERVICE_ENTRY
from tests.dialects.full_manifests import NETWORKING, codes, first, reading, refused, spec, the


def server(text: str) -> ReadResult:
    """The reading of a Gateway with this one server (flow style)."""
    return spec(NETWORKING, "Gateway", f"selector: {{a: b}}\nservers: [{{{text}}}]")


def entry(body: str) -> ReadResult:
    """The reading of a ServiceEntry for a.example.com with these further lines."""
    return spec(
        NETWORKING,
        "ServiceEntry",
        f"hosts: [a.example.com]\nports: [{{number: 80, name: http, protocol: HTTP}}]\n{body}",
    )


def test_a_gateways_listeners() -> None:
    """Each server is a listener, its hosts open to the namespaces that they name."""
    gateway = the(reading(GATEWAY))
    assert gateway.id == "istio:edge/front"
    assert gateway.selector == (("istio", "ingressgateway"),)
    assert gateway.listeners == (
        GatewayListener(
            "http",
            80,
            Protocol.HTTP,
            (("*", "*.example.com"), ("shop", "a.example.com"), (".", "b.example.com")),
            policies(HttpsRedirect()),
        ),
        GatewayListener(
            "secure",
            443,
            Protocol.HTTPS,
            (("*", "c.example.com"),),
            policies(ServerTls(ServerTlsMode.SIMPLE, ("front-cert",))),
        ),
    )


@pytest.mark.parametrize(
    ("said", "severity"),
    [
        ("port: {number: 0, protocol: HTTP}, hosts: [a.b]", Severity.ERROR),
        ("port: {number: 80, protocol: PIGEON}, hosts: [a.b]", Severity.ERROR),
        ("port: {number: 80, protocol: HTTP}, hosts: ['a b']", Severity.ERROR),
        ("port: {number: 80, protocol: HTTP}", Severity.ERROR),
        ("port: {number: 443, protocol: HTTPS}, hosts: [a.b]", Severity.ERROR),
        (
            "port: {number: 443, protocol: HTTPS}, hosts: [a.b], tls: {mode: SIMPLE}",
            Severity.ERROR,
        ),
        (
            "port: {number: 443, protocol: HTTPS}, hosts: [a.b], "
            "tls: {mode: MUTUAL, credentialName: c}",
            Severity.WARNING,
        ),
        (
            "port: {number: 443, protocol: TLS}, hosts: [a.b], tls: {mode: PASSTHROUGH}",
            Severity.WARNING,
        ),
    ],
)
def test_a_server_that_cannot_be_opened_as_meant_stays_closed(
    said: str, severity: Severity
) -> None:
    """Its neighbours in the Gateway stand; its author is told."""
    result = server(f"{said}}}, {{port: {{number: 81, name: ok, protocol: HTTP}}, hosts: ['*']")
    assert [listener.name for listener in first(result).listeners] == ["ok"]
    assert severity in {finding.severity for finding in result.findings}


def test_a_service_entrys_hosts_are_services() -> None:
    """Every host is a service, with ports, addresses and endpoints mapped by port name."""
    result = reading(SERVICE_ENTRY)
    assert result.findings == ()
    assert result.contribution is not None
    one, behind, two, _ = result.contribution.fragments
    assert isinstance(one, Service)
    assert isinstance(two, Service)
    assert (one.host, two.host) == ("db.example.com", "second.example.com")
    assert one.addresses == ("10.1.2.3", "10.1.2.4")
    assert (one.external, one.resolution) == (False, Resolution.ENDPOINTS)
    assert one.export_to == ("shop",)
    assert [port.target for port in one.ports] == [8080, 5432]
    assert isinstance(behind, DeclaredEndpoints)
    assert behind.endpoints == (
        Endpoint(
            "192.0.2.1",
            ((80, 8181), (5432, 5432)),
            (("version", "v1"),),
            service_account="shop/db",
            locality="eu/eu-1/a",
            weight=3,
        ),
        Endpoint("2001:db8::1", ((80, 8080), (5432, 5432))),
    )


@pytest.mark.parametrize(
    ("body", "resolution", "endpoints"),
    [
        ("", Resolution.PASSTHROUGH, []),
        ("resolution: DNS", Resolution.DNS, ["a.example.com"]),
        ("resolution: DNS_ROUND_ROBIN", Resolution.DNS, ["a.example.com"]),
        (
            "resolution: DNS\nendpoints: [{address: b.example.com}]",
            Resolution.DNS,
            ["b.example.com"],
        ),
        ("resolution: NONE\nendpoints: [{address: 10.0.0.1}]", Resolution.PASSTHROUGH, []),
        ("resolution: STATIC\nworkloadSelector: {labels: {a: b}}", Resolution.ENDPOINTS, []),
    ],
)
def test_where_endpoints_come_from(body: str, resolution: Resolution, endpoints: list[str]) -> None:
    """NONE goes where the caller was going, DNS without endpoints asks for the host itself."""
    result = entry(body).contribution
    assert result is not None
    service, *declared = result.fragments
    assert isinstance(service, Service)
    assert service.resolution is resolution
    assert service.external
    addresses = [
        e.address for d in declared if isinstance(d, DeclaredEndpoints) for e in d.endpoints
    ]
    assert addresses == endpoints


def test_a_selector_finds_pods() -> None:
    """workloadSelector is the service's selector in its own namespace."""
    result = entry("resolution: STATIC\nworkloadSelector: {labels: {a: b}}")
    assert the(result).selector == (("a", "b"),)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("addresses: [10.0.0.0/8]", "unsupported-field"),
        ("resolution: STATIC\nendpoints: [{address: not-an-ip}]", "invalid-address"),
        ("resolution: STATIC\nendpoints: [{address: 10.0.0.1, ports: {nope: 1}}]", "unknown-port"),
    ],
)
def test_parts_of_a_service_entry_fail_alone(body: str, code: str) -> None:
    """A range or a bad endpoint is told and left out; the host is still there."""
    result = entry(body)
    assert code in codes(result.findings)
    assert first(result).host == "a.example.com"
    assert first(result).addresses == ()


@pytest.mark.parametrize(
    "body",
    [
        "hosts: ['a b']",
        "hosts: []",
        "hosts: ['*']",
        "hosts: [a.b]\nresolution: LUCK",
        "hosts: ['*.b']\nresolution: DNS",
        "hosts: [a.b]\nexportTo: 5",
    ],
)
def test_a_service_entry_that_means_nothing_is_refused(body: str) -> None:
    """No host, no way to resolve one, or nobody to see it: nothing of it is used."""
    assert refused(spec(NETWORKING, "ServiceEntry", body))


def test_what_workloads_accept() -> None:
    """Modes for the workload and its ports; UNSET is said, since it inherits."""
    policy = the(reading(PEER_AUTHENTICATION))
    assert (policy.namespace, policy.selector) == ("shop", (("app", "reviews"),))
    assert list(policy.policies) == [Mtls(MtlsMode.STRICT)]
    assert policy.port_policies == (
        (8080, policies(Mtls(MtlsMode.DISABLE))),
        (9090, policies(Mtls(MtlsMode.UNSET))),
    )


@pytest.mark.parametrize(
    "body",
    [
        "mtls: {mode: STRIKT}",
        "mtls: STRICT",
        "selector: {matchLabels: {a: 5}}",
        "portLevelMtls: {http: {mode: STRICT}}",
        "portLevelMtls: {'80': {mode: NO}}",
    ],
)
def test_a_wrong_mode_never_opens_a_workload(body: str) -> None:
    """A typo is refused as a whole, so that what held before still holds."""
    assert refused(spec("security.istio.io/v1", "PeerAuthentication", body))


def test_ports_need_a_selector() -> None:
    """Port modes without a selector have no effect in Istio, and here they say so."""
    result = spec(
        "security.istio.io/v1", "PeerAuthentication", "portLevelMtls: {'80': {mode: STRICT}}"
    )
    assert codes(result.findings) == ["ports-without-selector"]
    assert first(result).port_policies == ()


def test_mesh_config_is_read_out_of_its_config_map() -> None:
    """The text inside is YAML of its own; the settings come out."""
    settings = the(reading(MESH_CONFIG))
    assert settings.outbound is OutboundTraffic.REGISTRY_ONLY
    assert settings.auto_mtls is False


def test_tls_of_the_mesh_and_with_others_is_limited_apart() -> None:
    """meshMTLS for workloads among each other, tlsDefaults for everybody else."""
    text = """
    meshMTLS: {minProtocolVersion: TLSV1_2, cipherSuites: [ECDHE-ECDSA-AES256-GCM-SHA384]}
    tlsDefaults: {ecdhCurves: [P-384], minProtocolVersion: TLS_AUTO}
"""
    settings = the(reading(MESH_CONFIG + text.removeprefix("\n")))
    suites = ("ECDHE-ECDSA-AES256-GCM-SHA384",)
    assert settings.mesh_tls == replace(
        WITHIN_THE_MESH, minimum=TlsVersion.TLS_1_2, cipher_suites=suites
    )
    assert settings.other_tls == replace(WITH_OTHERS, curves=("P-384",))


def test_without_a_word_about_tls_the_mesh_speaks_the_newest() -> None:
    """TLS 1.3, the hybrid key exchange first, and a classic curve for who lacks it."""
    settings = the(reading(MESH_CONFIG))
    assert settings.mesh_tls.minimum is TlsVersion.TLS_1_3
    assert settings.mesh_tls.curves[:2] == ("X25519MLKEM768", "X25519")


@pytest.mark.parametrize("field", ["cipherSuites", "ecdhCurves"])
def test_a_name_that_envoy_does_not_know_is_left_out(field: str) -> None:
    """It would refuse every listener for it; a misspelt list never ends in no list of ours."""
    result = reading(f"{MESH_CONFIG}    meshMTLS: {{{field}: [X25519, NOTHING]}}\n")
    assert set(codes(result.findings)) == {"unknown-value"}
    assert result.findings[-1].origin.field == f"data.mesh.meshMTLS.{field}[1]"
    assert "NOTHING" not in str(first(result).mesh_tls)


def test_a_tls_version_that_nobody_knows_changes_nothing() -> None:
    """What held before still holds."""
    result = reading(f"{MESH_CONFIG}    meshMTLS: {{minProtocolVersion: TLSV1_1}}\n")
    assert codes(result.findings) == ["unknown-value"]
    assert result.contribution is None


def test_another_trust_domain_is_told_and_ignored() -> None:
    """Callers never pin a domain that the authority does not sign for."""
    result = reading(MESH_CONFIG.replace("cluster.local", "example.org"))
    assert codes(result.findings) == ["unsupported-field"]
    assert result.findings[0].origin.field == "data.mesh.trustDomain"
    assert first(result).trust_domain == "cluster.local"


def test_trust_domain_aliases_are_other_names_of_the_domain() -> None:
    """Each once, in their order, and never the domain itself a second time."""
    names = "trustDomainAliases: [old.org, cluster.local, old.org, b.c]"
    settings = the(reading(f"{MESH_CONFIG}    {names}"))
    assert settings.trust_domains == ("cluster.local", "old.org", "b.c")


def test_an_alias_that_is_no_domain_is_refused_with_its_place() -> None:
    """A pattern or an URI would be trusted by nobody, or by too many."""
    names = "trustDomainAliases: [old.org, 'spiffe://x/.*']"
    result = reading(f"{MESH_CONFIG}    {names}")
    assert result.findings[0].origin.field == "data.mesh.trustDomainAliases[1]"
    assert codes(result.findings) == ["invalid-host"]
    assert result.contribution is None


@pytest.mark.parametrize("wrong", ["NOWHERE", "@nowhere"])
def test_mistakes_in_mesh_config_have_their_own_line(wrong: str) -> None:
    """A mistake in the nested text is told at its line of the file, and nothing opens."""
    text = MESH_CONFIG.replace("REGISTRY_ONLY", wrong)
    result = reading(text)
    assert result.contribution is None
    findings = result.findings[0]
    assert findings.severity is Severity.ERROR
    assert findings.origin.line is not None
    assert wrong in text.splitlines()[findings.origin.line - 1]


def test_what_stands_before_the_gateways_is_read() -> None:
    """pathNormalization and gatewayTopology; the rest of the proxies' own settings is told."""
    text = """
    pathNormalization: {normalization: MERGE_SLASHES}
    defaultConfig:
      concurrency: 2
      gatewayTopology:
        numTrustedProxies: 2
        forwardClientCertDetails: APPEND_FORWARD
        proxyProtocol: {}
"""
    result = reading(MESH_CONFIG + text.removeprefix("\n"))
    settings = first(result)
    assert settings.path_normalization is PathNormalization.MERGE_SLASHES
    assert settings.trusted_proxies == 2
    assert settings.client_certificate is ClientCertificate.APPEND_FORWARD
    fields = {finding.origin.field.rpartition(".")[2] for finding in result.findings}
    assert fields == {"concurrency", "proxyProtocol"}


def test_what_mesh_config_says_beyond_that_is_told() -> None:
    """Settings that the mesh does not know are warnings, each by its name."""
    result = reading(MESH_CONFIG + "    accessLogFormat: x\n")
    assert codes(result.findings) == ["unsupported-field"]
    assert result.findings[0].origin.field == "data.mesh.accessLogFormat"
