"""The fields of Gateway API's kinds, those included that are not supported yet.

Source: Gateway API 1.5 to 1.7, experimental channel; what older versions had is kept.
"""

from __future__ import annotations

from gossamer.dialects.schema import Schema, fields

_REFERENCE = "group kind name namespace"
_SELECTOR = fields("matchLabels", matchExpressions=fields("key operator values"))
_NAMESPACES = fields("from", selector=_SELECTOR)
_CHANGES = fields("remove", set=fields("name value"), add=fields("name value"))
_PATH = fields("type replaceFullPath replacePrefixMatch")
_NAMED = fields("type name value")
_ROOTS = fields("mode", caCertificateRefs=fields(_REFERENCE))
_AUTHORIZED = fields(
    "protocol",
    backendRef=fields(f"{_REFERENCE} port"),
    forwardBody=fields("maxSize"),
    grpc=fields("allowedHeaders"),
    http=fields("path allowedHeaders allowedResponseHeaders"),
)
_FILTERS = fields(
    "type",
    requestHeaderModifier=_CHANGES,
    responseHeaderModifier=_CHANGES,
    requestMirror=fields(
        "percent",
        backendRef=fields(f"{_REFERENCE} port"),
        fraction=fields("numerator denominator"),
    ),
    requestRedirect=fields("scheme hostname port statusCode", path=_PATH),
    urlRewrite=fields("hostname", path=_PATH),
    cors=fields("allowOrigins allowCredentials allowMethods allowHeaders exposeHeaders maxAge"),
    externalAuth=_AUTHORIZED,
    extensionRef=fields("group kind name"),
)
_SESSION = "requests of one session go to any backend"
_HTTP_ROUTE = fields(
    "hostnames useDefaultGateways",
    parentRefs=fields(f"{_REFERENCE} sectionName port"),
    rules=fields(
        "name",
        matches=fields("method", path=fields("type value"), headers=_NAMED, queryParams=_NAMED),
        filters=_FILTERS,
        backendRefs=fields(f"{_REFERENCE} port weight", filters=_FILTERS),
        timeouts=fields("request backendRequest"),
        retry=fields("codes attempts backoff"),
        sessionPersistence=fields(
            sessionName=_SESSION,
            absoluteTimeout=_SESSION,
            idleTimeout=_SESSION,
            type=_SESSION,
            cookieConfig=fields("lifetimeType"),
            cookie=fields("lifetimeType name path"),
            header=fields("name"),
        ),
    ),
)
_LISTENER_TLS = fields(
    "mode options",
    certificateRefs=fields(_REFERENCE),
    frontendValidation=_ROOTS,
)
_GATEWAY = fields(
    "gatewayClassName",
    addresses=fields("type value routability"),
    infrastructure=fields(
        "labels annotations",
        parametersRef=fields("group kind name"),
    ),
    listeners=fields(
        "name hostname port protocol",
        tls=_LISTENER_TLS,
        allowedRoutes=fields(namespaces=_NAMESPACES, kinds=fields("group kind")),
        filters=fields(
            requests=fields(
                "type", externalAuth=_AUTHORIZED, extensionRef=fields("group kind name")
            )
        ),
    ),
    allowedListeners=fields(namespaces=_NAMESPACES),
    backendTLS=fields(clientCertificateRef=fields(_REFERENCE)),
    tls=fields(
        backend=fields(clientCertificateRef=fields(_REFERENCE)),
        frontend=fields(
            default=fields(validation=_ROOTS),
            perPort=fields("port", tls=fields(validation=_ROOTS)),
        ),
    ),
    defaultScope="routes name the gateways that they are for; none is attached by default",
)

GATEWAY_API_SCHEMAS: dict[tuple[str, str], Schema] = {
    ("gateway.networking.k8s.io", "GatewayClass"): fields(
        spec=fields("controllerName description", parametersRef=fields(_REFERENCE))
    ),
    ("gateway.networking.k8s.io", "Gateway"): fields(spec=_GATEWAY),
    ("gateway.networking.k8s.io", "HTTPRoute"): fields(spec=_HTTP_ROUTE),
    ("gateway.networking.k8s.io", "ReferenceGrant"): fields(
        spec=fields("", **{"from": fields("group kind namespace")}, to=fields("group kind name"))
    ),
}
