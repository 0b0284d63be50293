"""The fields of Istio's kinds, those included that are not supported yet; of MeshConfig the top
level. Source: istio.io/api 1.32."""

from __future__ import annotations

from gossamer.dialects.istio.proxy_config import PROXY_CONFIG
from gossamer.dialects.schema import ANY, LOST, Schema, each, fields

_STRING = fields("exact prefix regex")
_PERCENT = fields("value")
_DESTINATION = fields("host subset", port=fields("number"))
_CHANGES = fields("set add remove")
_HEADERS = fields(request=_CHANGES, response=_CHANGES)
_WEIGHTED = fields("weight", destination=_DESTINATION)
_LOCALITIES = fields("from to")
_L4_MATCH = "destinationSubnets port sourceLabels gateways sourceNamespace"

_HTTP_MATCH = fields(
    "name ignoreUriCase port sourceLabels gateways sourceNamespace statPrefix",
    uri=_STRING,
    scheme=_STRING,
    method=_STRING,
    authority=_STRING,
    headers=each(_STRING),
    withoutHeaders=each(_STRING),
    queryParams=each(_STRING),
)
_HTTP = fields(
    "name timeout mirrorPercent mirror_percent",
    match=_HTTP_MATCH,
    route=fields("weight", destination=_DESTINATION, headers=_HEADERS),
    redirect=fields("uri authority port derivePort scheme redirectCode prefixRewrite"),
    directResponse=fields("status", body=fields("string bytes")),
    delegate=fields("name namespace"),
    rewrite=fields("uri authority", uriRegexRewrite=fields("match rewrite")),
    retries=fields(
        "attempts backoff perTryTimeout retryOn retryRemoteLocalities retryIgnorePreviousHosts"
    ),
    fault=fields(
        abort=fields("httpStatus grpcStatus http2Error", percentage=_PERCENT),
        delay=fields("percent fixedDelay exponentialDelay", percentage=_PERCENT),
    ),
    mirror=_DESTINATION,
    mirrors=fields(destination=_DESTINATION, percentage=_PERCENT),
    mirrorPercentage=_PERCENT,
    headers=_HEADERS,
    corsPolicy=fields(
        "allowOrigin allowMethods allowHeaders exposeHeaders maxAge allowCredentials "
        "unmatchedPreflights",
        allowOrigins=_STRING,
    ),
)
_VIRTUAL_SERVICE = fields(
    "hosts gateways exportTo",
    http=_HTTP,
    tls=fields(match=fields(f"{_L4_MATCH} sniHosts"), route=_WEIGHTED),
    tcp=fields(match=fields(f"{_L4_MATCH} sourceSubnet"), route=_WEIGHTED),
)

_CLIENT_TLS = fields(
    "mode clientCertificate privateKey caCertificates credentialName subjectAltNames sni "
    "insecureSkipVerify",
    caCrl="revoked certificates are accepted",
    caCertCredentialName="the server's certificate is checked without these roots",
)
_LOAD_BALANCER = fields(
    "simple warmupDurationSecs",
    consistentHash=fields(
        "httpHeaderName useSourceIp httpQueryParameterName minimumRingSize",
        httpCookie=fields("name path ttl", attributes=fields("name value")),
        ringHash=fields("minimumRingSize"),
        maglev=fields("tableSize"),
    ),
    localityLbSetting=fields(
        "enabled failoverPriority", distribute=_LOCALITIES, failover=_LOCALITIES
    ),
    zoneAwareLbSetting=fields("enabled failoverPriority minClusterSize", failover=_LOCALITIES),
    warmup=fields("duration minimumPercent aggression"),
    backendUtilization=fields(
        "errorUtilizationPenaltyPercent metricNamesForComputingUtilization weightExpirationPeriod "
        "weightStabilizationPeriod weightUpdatePeriod"
    ),
)
_POOL = fields(
    tcp=fields(
        "maxConnections connectTimeout maxConnectionDuration idleTimeout",
        tcpKeepalive=fields("probes time interval"),
    ),
    http=fields(
        "http1MaxPendingRequests http2MaxRequests maxRequestsPerConnection maxRetries idleTimeout "
        "h2UpgradePolicy useClientProtocol maxConcurrentStreams",
        http2KeepAlive=fields("interval timeout"),
    ),
)
_OUTLIERS = fields(
    "consecutiveErrors splitExternalLocalOriginErrors consecutiveLocalOriginFailures "
    "consecutiveGatewayErrors consecutive5xxErrors interval baseEjectionTime maxEjectionPercent "
    "minHealthPercent outlierDetectionHttpErrorCodes",
    failurePercentageThreshold="no endpoint is ejected for its failure percentage",
)
_CALLS = fields(
    connectionPool=_POOL, loadBalancer=_LOAD_BALANCER, outlierDetection=_OUTLIERS, tls=_CLIENT_TLS
)
_POLICY = fields(
    "",
    **_CALLS,
    portLevelSettings=fields("", **_CALLS, port=fields("number")),
    tunnel=fields("protocol targetHost targetPort"),
    proxyProtocol=fields("version"),
    retryBudget=fields("percent minRetryConcurrency budgetInterval"),
)
_DESTINATION_RULE = fields(
    "host exportTo",
    trafficPolicy=_POLICY,
    subsets=fields("name labels", trafficPolicy=_POLICY),
    workloadSelector=fields("matchLabels"),
)

_NARROWING = "TLS is not restricted by it"
_FILES = "the certificate comes from credentialName, not from files beside the proxy"
_CERTIFICATE = fields(serverCertificate=_FILES, privateKey=_FILES, caCertificates=_FILES)
_SERVER_TLS = fields(
    "httpsRedirect mode credentialName credentialNames",
    **_CERTIFICATE,
    tlsCertificates=_CERTIFICATE,
    **dict.fromkeys(
        (
            "caCertCredentialName",
            "caCrl",
            "subjectAltNames",
            "verifyCertificateSpki",
            "verifyCertificateHash",
            "minProtocolVersion",
            "maxProtocolVersion",
            "cipherSuites",
            "ecdhCurves",
            "alpnProtocols",
        ),
        _NARROWING,
    ),
    insecureSkipVerify="clients' certificates are checked as they are without it",
)
_GATEWAY = fields(
    "selector",
    servers=fields(
        "bind hosts name defaultEndpoint",
        port=fields("number protocol name targetPort"),
        tls=_SERVER_TLS,
    ),
)
_WORKLOAD = fields("address ports labels network locality weight serviceAccount")
_SERVICE_ENTRY = fields(
    "hosts addresses location resolution exportTo subjectAltNames",
    ports=fields("number protocol name targetPort"),
    endpoints=_WORKLOAD,
    workloadSelector=fields("labels"),
)
_MTLS = fields("mode")
_PEER_AUTHENTICATION = fields(selector=fields("matchLabels"), mtls=_MTLS, portLevelMtls=each(_MTLS))
_REFERENCE = fields("group kind name namespace")
_AUTHORIZATION = fields(
    "action",
    selector=fields("matchLabels"),
    targetRef=_REFERENCE,
    targetRefs=_REFERENCE,
    provider=fields("name"),
    rules=fields(
        "",
        **{
            "from": fields(
                source=fields(
                    "principals notPrincipals requestPrincipals notRequestPrincipals namespaces "
                    "notNamespaces serviceAccounts notServiceAccounts ipBlocks notIpBlocks "
                    "remoteIpBlocks notRemoteIpBlocks"
                )
            )
        },
        to=fields(
            operation=fields("hosts notHosts ports notPorts methods notMethods paths notPaths")
        ),
        when=fields("key values notValues"),
    ),
)
_REQUEST_AUTHENTICATION = fields(
    "",
    selector=fields("matchLabels"),
    targetRef=_REFERENCE,
    targetRefs=_REFERENCE,
    jwtRules=fields(
        "issuer audiences jwksUri jwks fromParams fromCookies outputPayloadToHeader "
        "forwardOriginalToken timeout spaceDelimitedClaims",
        fromHeaders=fields("name prefix"),
        outputClaimToHeaders=fields("header claim"),
    ),
)
_MODE = fields("mode")
_PROVIDER = fields("name")
_TELEMETRY = fields(
    "",
    selector=fields("matchLabels"),
    targetRef=_REFERENCE,
    targetRefs=_REFERENCE,
    tracing=fields(
        "randomSamplingPercentage disableSpanReporting customTags useRequestIdForTraceSampling "
        "enableIstioTags",
        match=_MODE,
        providers=_PROVIDER,
    ),
    metrics=fields(
        "reportingInterval",
        providers=_PROVIDER,
        overrides=fields(
            "disabled",
            match=fields("metric customMetric mode"),
            tagOverrides=each(fields("operation value")),
        ),
    ),
    accessLogging=fields("disabled", match=_MODE, providers=_PROVIDER, filter=fields("expression")),
)

_TLS_CONFIG = fields("minProtocolVersion cipherSuites ecdhCurves")
_CHECK = "service port timeout failOpen statusOnError clearRouteCache"
_CHECKED_BODY = fields("maxRequestBytes allowPartialMessage packAsBytes")
_EXTENSION_PROVIDER = fields(
    """
name prometheus stackdriver zipkin lightstep datadog skywalking opencensus opentelemetry
envoyFileAccessLog envoyHttpAls envoyTcpAls envoyOtelAls sds
""",
    envoyExtAuthzHttp=fields(
        f"""{_CHECK}
pathPrefix includeHeadersInCheck includeRequestHeadersInCheck includeAdditionalHeadersInCheck
headersToUpstreamOnAllow headersToDownstreamOnAllow headersToDownstreamOnDeny""",
        includeRequestBodyInCheck=_CHECKED_BODY,
    ),
    envoyExtAuthzGrpc=fields(_CHECK, includeRequestBodyInCheck=_CHECKED_BODY),
    opa=fields(
        "policy query timeout failOpen statusOnError", includeRequestBodyInCheck=_CHECKED_BODY
    ),
)
MESH_CONFIG = fields(
    """
accessLogEncoding accessLogFile accessLogFormat ca caCertificates certificates configSources
connectTimeout defaultDestinationRuleExportTo defaultHttpRetryPolicy
defaultInboundHttpRetryPolicy defaultProviders defaultServiceExportTo defaultTrafficPolicy
defaultVirtualServiceExportTo disableEnvoyListenerLog discoverySelectors dnsRefreshRate
enableAutoMtls enableEnvoyAccessLogService enablePrometheusMerge enableTracing
h2UpgradePolicy hboneIdleTimeout inboundClusterStatName inboundTrafficPolicy ingressClass
ingressControllerMode ingressSelector ingressService localityLbSetting
outboundClusterStatName outboundTrafficPolicy pathNormalization protocolDetectionTimeout
proxyHttpPort proxyInboundListenPort proxyListenPort rootNamespace serviceEntryVisibility
serviceScopeConfigs serviceSettings tcpKeepalive trustDomain trustDomainAliases
verifyCertificateAtClient zoneAwareLbSetting
""",
    defaultConfig=PROXY_CONFIG,
    meshMTLS=_TLS_CONFIG,
    tlsDefaults=_TLS_CONFIG,
    extensionProviders=_EXTENSION_PROVIDER,
)

ISTIO_SCHEMAS: dict[tuple[str, str], Schema] = {
    ("networking.istio.io", "VirtualService"): fields(spec=_VIRTUAL_SERVICE),
    ("networking.istio.io", "DestinationRule"): fields(spec=_DESTINATION_RULE),
    ("networking.istio.io", "Gateway"): fields(spec=_GATEWAY),
    ("networking.istio.io", "ServiceEntry"): fields(spec=_SERVICE_ENTRY),
    ("networking.istio.io", "WorkloadEntry"): fields(spec=_WORKLOAD),
    ("security.istio.io", "PeerAuthentication"): fields(spec=_PEER_AUTHENTICATION),
    ("security.istio.io", "AuthorizationPolicy"): fields(spec=_AUTHORIZATION),
    ("security.istio.io", "RequestAuthentication"): fields(spec=_REQUEST_AUTHENTICATION),
    ("telemetry.istio.io", "Telemetry"): fields(spec=_TELEMETRY),
    ("", "ConfigMap"): fields(data=fields(mesh=MESH_CONFIG, **{ANY: LOST})),
}
