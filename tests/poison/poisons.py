"""Kinds of poison: one bad object each, named `poison`, of every kind that is read.

All take part in the mesh of thousand.py: the gateway `front`, the hosts `hN.example.com`.
"""

from __future__ import annotations

NETWORKING, GATEWAY_API = "networking.istio.io/v1", "gateway.networking.k8s.io/v1"
LONG = "x" * 300
HUGE = "x" * 1_000_000


def istio(kind: str, spec: str) -> str:
    return f"apiVersion: {NETWORKING}\nkind: {kind}\nmetadata: {{name: poison}}\nspec: {spec}\n"


def vs(rule: str, host: str = "poison.example.com") -> str:
    """A VirtualService at the gateway with this one rule."""
    return istio("VirtualService", f"{{hosts: ['{host}'], gateways: [front], http: [{rule}]}}")


def to(more: str = "", destination: str = "") -> str:
    """A rule that sends to h0, with more fields."""
    place = f"{{host: h0.example.com{destination}}}"
    return f"{{route: [{{destination: {place}}}]{more}}}"


def dr(policy: str) -> str:
    return istio("DestinationRule", f"{{host: h1.example.com, trafficPolicy: {policy}}}")


def se(more: str, host: str = "poison.example.com", resolution: str = "STATIC") -> str:
    ports = "[{number: 80, name: http, protocol: HTTP}]"
    spec = f"{{hosts: ['{host}'], resolution: {resolution}, ports: {ports}{more}}}"
    return istio("ServiceEntry", spec)


def gw(servers: str) -> str:
    return istio("Gateway", f"{{selector: {{istio: ingressgateway}}, servers: {servers}}}")


def core(kind: str, body: str, api: str = "v1") -> str:
    return f"apiVersion: {api}\nkind: {kind}\nmetadata: {{name: poison}}\n{body}\n"


def route(rule: str, parents: str = "[{name: api}]") -> str:
    spec = f"{{parentRefs: {parents}, hostnames: [poison.example.com], rules: [{rule}]}}"
    return core("HTTPRoute", f"spec: {spec}", GATEWAY_API)


REGEX = "{match: [{uri: {regex: '%s'}}], directResponse: {status: 200}}"
HEADERS = "{headers: {request: {set: {%s}}}, directResponse: {status: 200}}"
_LAUGHS = "".join(
    f"{b}: &{b} [{', '.join(['*' + a] * 10)}]\n" for a, b in zip("abcdef", "bcdefg", strict=True)
)

POISONS: dict[str, str] = {
    "regex-look-ahead": vs(REGEX % "/(?!x).*"),
    "regex-unclosed": vs(REGEX % "/(a"),
    "regex-too-long": vs(REGEX % ("a?" * 2000)),
    "regex-too-many-repeats": vs(REGEX % "(a{500}){500}"),
    "regex-back-reference": vs(REGEX % r"(a)\1"),
    "hosts-of-wrong-type": istio("VirtualService", "{hosts: 7, http: [{directResponse: {}}]}"),
    "rule-of-wrong-type": istio("VirtualService", "{hosts: [poison.example.com], http: {a: b}}"),
    "spec-is-a-list": istio("VirtualService", "[1, 2]"),
    "nul-in-text": vs(to()).replace("front", "fro\0nt"),
    "invalid-utf-8": vs(to()).replace("front", "fr\udcffnt"),
    "huge-header": vs(HEADERS % f'x-a: "{HUGE}"'),
    "huge-document": vs(HEADERS % f'x-a: "{HUGE * 4}"'),
    "cyclic-alias": core("Service", "spec: &a {ports: [{port: 80, x: *a}]}"),
    "billion-laughs": core("ConfigMap", "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + _LAUGHS),
    "too-deep": core("Service", "spec: " + "[" * 200 + "]" * 200),
    "duplicate-keys": vs(to()) + "spec: {}\n",
    "invalid-host": vs(to(), host="not a host"),
    "too-long-host": vs(to(), host=f"{LONG}.example.com"),
    "host-with-a-port": vs(to(), host="poison.example.com:80"),
    "star-in-the-middle": vs(to(), host="a.*.example.com"),
    "unicode-host": vs(to(), host="gift\u00e9.example.com"),
    "weights-all-zero": vs(
        "{route: [{destination: {host: h0.example.com}, weight: 0},"
        " {destination: {host: h1.example.com}, weight: 0}]}"
    ),
    "negative-weight": vs("{route: [{destination: {host: h0.example.com}, weight: -1}]}"),
    "port-out-of-range": vs(to(destination=", port: {number: 70000}")),
    "unknown-port": vs(to(destination=", port: {number: 81}")),
    "unknown-subset": vs(to(destination=", subset: v9")),
    "unknown-host": vs("{route: [{destination: {host: nobody.example.com}}]}"),
    "negative-timeout": vs(to(", timeout: -5s")),
    "huge-timeout": vs(to(", timeout: 99999999999999h")),
    "timeout-in-words": vs(to(", timeout: soon")),
    "header-name-with-line-break": vs(HEADERS % '"x-a\\r\\nx-b": "1"'),
    "header-value-with-line-break": vs(HEADERS % 'x-a: "1\\r\\nx-b: 2"'),
    "header-format-broken": vs(HEADERS % 'x-a: "%NOBODY(%"'),
    "rewrite-with-line-break": vs(to(', rewrite: {uri: "/a\\r\\nb"}')),
    "rewrite-of-no-group": vs(to(r", rewrite: {uriRegexRewrite: {match: '/a', rewrite: '/\9'}}")),
    "redirect-with-line-break": vs('{redirect: {uri: "/a\\r\\nb"}}'),
    "redirect-of-wrong-code": vs("{redirect: {uri: /a, redirectCode: 200}}"),
    "answer-of-wrong-status": vs("{directResponse: {status: 7}}"),
    "answer-too-long": vs(f'{{directResponse: {{status: 200, body: {{string: "{HUGE * 2}"}}}}}}'),
    "percentage-over-100": vs(to(", fault: {abort: {percentage: {value: 101}, httpStatus: 503}}")),
    "percentage-not-a-number": vs(
        to(", mirror: {host: h1.example.com}, mirrorPercentage: {value: .nan}")
    ),
    "endless-retries": vs(to(", retries: {attempts: 99999999999, perTryTimeout: 1s}")),
    "method-with-a-space": vs(
        "{match: [{method: {exact: 'GET /'}, headers: {'a b': {exact: c}}}],"
        " directResponse: {status: 200}}"
    ),
    "wildcard-in-mesh": istio("VirtualService", f"{{hosts: ['*'], http: [{to()}]}}"),
    "duplicate-domain-in-mesh": istio("VirtualService", f"{{hosts: [m0], http: [{to()}]}}"),
    "unknown-gateway": vs(to()).replace("gateways: [front]", "gateways: [back]"),
    "upper-case-name": vs(to()).replace("name: poison", "name: POISON"),
    "template": vs(to()).replace("[front]", "{{ .Values.gateway }}"),
    "rule-subset-twice": istio(
        "DestinationRule",
        "{host: h1.example.com, subsets: [{name: a, labels: {v: a}}, {name: a, labels: {v: b}}]}",
    ),
    "outliers-without-time": dr("{outlierDetection: {consecutive5xxErrors: 1, interval: 0s}}"),
    "negative-connections": dr("{connectionPool: {tcp: {maxConnections: -1}}}"),
    "endless-connect-timeout": dr("{connectionPool: {tcp: {connectTimeout: 999999999999h}}}"),
    "no-connect-timeout": dr("{connectionPool: {tcp: {connectTimeout: 0s}}}"),
    "unknown-balancer": dr("{loadBalancer: {simple: PICK_MINE}}"),
    "client-certificate-missing": dr("{tls: {mode: MUTUAL, credentialName: nobody}}"),
    "client-tls-without-certificate": dr("{tls: {mode: MUTUAL}}"),
    "sni-with-control-characters": dr('{tls: {mode: SIMPLE, sni: "a\\u0001b c"}}'),
    "endpoint-no-address": se(", endpoints: [{address: 300.1.2.3}]"),
    "endpoint-negative-weight": se(", endpoints: [{address: 192.0.2.1, weight: -3}]"),
    "entry-wildcard-by-dns": se("", host="*.example.com", resolution="DNS"),
    "entry-address-taken": se(", addresses: [198.51.100.77], endpoints: [{address: 192.0.2.1}]"),
    "entry-host-taken": se(", endpoints: [{address: 192.0.2.1}]", host="h2.example.com").replace(
        "name: poison", "name: poison, namespace: away"
    ),
    "entry-port-twice": se(", endpoints: [{address: 192.0.2.1}]").replace(
        "protocol: HTTP}]", "protocol: HTTP}, {number: 80, name: more, protocol: TCP}]"
    ),
    "entry-unknown-protocol": se("").replace("protocol: HTTP", "protocol: SMOKE"),
    "gateway-on-the-proxys-port": gw(
        "[{port: {number: 15021, name: http, protocol: HTTP}, hosts: ['*']}]"
    ),
    "gateway-port-of-other-protocol": gw(
        "[{port: {number: @PORT@, name: tcp, protocol: TCP}, hosts: ['*']}]"
    ),
    "gateway-host-with-port": gw(
        "[{port: {number: 81, name: http, protocol: HTTP}, hosts: ['a.example.com:81']}]"
    ),
    "gateway-certificate-missing": gw(
        "[{port: {number: 443, name: https, protocol: HTTPS}, hosts: ['*'],"
        " tls: {mode: SIMPLE, credentialName: nobody}}]"
    ),
    "gateway-of-unknown-mode": gw(
        "[{port: {number: 443, name: https, protocol: HTTPS}, hosts: ['*'], tls: {mode: MAYBE}}]"
    ),
    "listener-twice": core(
        "Gateway",
        "spec: {gatewayClassName: g, listeners: [{name: a, port: 81, protocol: HTTP},"
        " {name: a, port: 82, protocol: HTTP}]}",
        GATEWAY_API,
    ),
    "listener-of-unknown-protocol": core(
        "Gateway",
        "spec: {gatewayClassName: g, listeners: [{name: a, port: 81, protocol: SMOKE}]}",
        GATEWAY_API,
    ),
    "route-with-bad-regex": route(
        "{matches: [{headers: [{type: RegularExpression, name: a, value: '(?=x)'}]}]}"
    ),
    "route-with-bad-path": route("{matches: [{path: {type: Exact, value: 'no slash'}}]}"),
    "route-to-nobody": route("{backendRefs: [{name: nobody, port: 80}]}"),
    "route-without-grant": route("{backendRefs: [{name: far, namespace: away, port: 80}]}"),
    "route-with-own-header": route(
        "{filters: [{type: RequestHeaderModifier, requestHeaderModifier:"
        ' {set: [{name: "a b", value: c}]}}]}'
    ),
    "route-with-two-answers": route(
        "{filters: [{type: RequestRedirect, requestRedirect: {statusCode: 999}}]}"
    ),
    "grant-of-nothing": core(
        "ReferenceGrant", "spec: {from: [], to: []}", "gateway.networking.k8s.io/v1beta1"
    ),
    "split-of-nothing": core(
        "TrafficSplit",
        "spec: {service: m0, backends: [{service: m1, weight: 0}]}",
        "split.smi-spec.io/v1alpha4",
    ),
    "mode-unknown": core(
        "PeerAuthentication", "spec: {mtls: {mode: MAYBE}}", "security.istio.io/v1"
    ),
    "port-of-a-policy": core(
        "PeerAuthentication",
        'spec: {selector: {matchLabels: {a: b}}, portLevelMtls: {"0": {mode: STRICT}}}',
        "security.istio.io/v1",
    ),
    "service-port-out-of-range": core("Service", "spec: {ports: [{name: http, port: 99999}]}"),
    "service-of-bad-address": core(
        "Service", "spec: {clusterIP: 1.2.3, ports: [{name: http, port: 80}]}"
    ),
    "service-of-taken-address": core(
        "Service", "spec: {clusterIP: 198.51.100.77, ports: [{name: http, port: 80}]}"
    ),
    "service-of-no-pods": core(
        "Service", "spec: {selector: {app: nobody}, ports: [{name: http, port: 80}]}"
    ),
    "service-named-after-itself": core(
        "Service",
        "spec: {type: ExternalName, externalName: poison.default.svc.cluster.local,"
        " ports: [{name: http, port: 80}]}",
    ),
    "service-that-sniffs": core(
        "Service", "spec: {ports: [{name: db, port: 80, appProtocol: morse}]}"
    ),
    "slice-of-bad-address": core(
        "EndpointSlice",
        "addressType: IPv4\nports: [{port: 80}]\nendpoints: [{addresses: [not-an-ip]}]",
        "discovery.k8s.io/v1",
    ),
    "endpoints-of-bad-address": core(
        "Endpoints", "subsets: [{addresses: [{ip: 999.1.1.1}], ports: [{port: 80}]}]"
    ),
    "certificate-is-none": core(
        "Secret", "type: kubernetes.io/tls\nstringData: {tls.crt: nothing, tls.key: nothing}"
    ),
    "certificate-is-broken": core(
        "Secret",
        "type: kubernetes.io/tls\nstringData:\n"
        '  tls.crt: "-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----\\n"\n'
        '  tls.key: "-----BEGIN PRIVATE KEY-----\\nAAAA\\n-----END PRIVATE KEY-----\\n"',
    ),
}
