"""The fields of ProxyConfig, by which MeshConfig and pods set up their proxies.

Source: istio.io/api 1.32 (mesh/v1alpha1). It is read as protobuf's JSON, which takes the names with
underscores as well.
"""

from __future__ import annotations

import re

from gossamer.dialects.schema import Schema, each, fields

_CAPITAL = re.compile("(?<=[a-z0-9])[A-Z]")


def _either(schema: Schema) -> Schema:
    """Each field by both of its names."""
    named = {
        name: inside if isinstance(inside, str) else _either(inside)
        for name, inside in schema.items()
    }
    return {**{_with_underscores(name): inside for name, inside in named.items()}, **named}


def _with_underscores(name: str) -> str:
    return _CAPITAL.sub(lambda capital: f"_{capital[0].lower()}", name)


_SWITCH = fields("disabled")
_REMOTE = fields("address tlsSettings tcpKeepalive")
_TAG = fields(
    "",
    literal=fields("value"),
    environment=fields("name defaultValue"),
    header=fields("name defaultValue"),
)
_TRACING = fields(
    "lightstep datadog stackdriver openCensusAgent maxPathTagLength sampling tlsSettings "
    "enableIstioTags",
    zipkin=fields("address"),
    customTags=each(_TAG),
)
_HEADERS = fields(
    "forwardedClientCert preserveHttp1HeaderCase xForwardedHost xForwardedPort",
    setCurrentClientCertDetails=fields("subject cert chain dns uri"),
    requestId=_SWITCH,
    server=fields("disabled value"),
    attemptCount=_SWITCH,
    envoyDebugHeaders=_SWITCH,
    metadataExchangeHeaders=fields("mode"),
)
_FIELDS = fields(
    "configPath binaryPath serviceCluster tracingServiceName drainDuration discoveryAddress "
    "discoveryRefreshDelay zipkinAddress statsdUdpAddress envoyMetricsServiceAddress "
    "proxyAdminPort availabilityZone controlPlaneAuthPolicy customConfigFile statNameLength "
    "concurrency proxyBootstrapTemplatePath interceptionMode sds proxyMetadata runtimeValues "
    "statusPort extraStatTags terminationDrainDuration meshId readinessProbe "
    "holdApplicationUntilProxyStarts caCertificatesPem privateKeyProvider",
    gatewayTopology=fields("numTrustedProxies forwardClientCertDetails proxyProtocol"),
    tracing=_TRACING,
    envoyAccessLogService=_REMOTE,
    envoyMetricsService=_REMOTE,
    proxyStatsMatcher=fields("inclusionPrefixes inclusionSuffixes inclusionRegexps"),
    image=fields("imageType"),
    proxyHeaders=_HEADERS,
)
PROXY_CONFIG: Schema = _either(_FIELDS)
