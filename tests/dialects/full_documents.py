"""One document of each kind that says nearly all that the kind can say, with nothing wrong."""

from __future__ import annotations

from base64 import b64encode

from tests.dialects import certificate_pem

_CHAIN = b64encode(certificate_pem.CHAIN.encode()).decode()
_KEY = b64encode(certificate_pem.KEY.encode()).decode()

VIRTUAL_SERVICE = """
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: {name: reviews, namespace: shop}
spec:
  hosts: [reviews, "*.example.com"]
  gateways: [mesh, front, edge/public]
  exportTo: [".", other]
  http:
  - name: canary
    match:
    - uri: {prefix: /api}
      ignoreUriCase: true
      method: {exact: GET}
      authority: {regex: "a.*"}
      scheme: {exact: https}
      headers: {End-User: {exact: jason}, x-any: {}}
      withoutHeaders: {x-bot: {prefix: b}}
      queryParams: {q: {exact: "1"}}
      port: 9080
      sourceLabels: {app: productpage}
      sourceNamespace: shop
      gateways: [mesh]
    - uri: {exact: /old}
    route:
    - destination: {host: reviews, subset: v1, port: {number: 9080}}
      weight: 90
    - destination: {host: reviews.other.svc.cluster.local, subset: v2}
      weight: 10
      headers: {response: {add: {x-version: v2}}}
    rewrite: {uri: /v1/api, authority: inner}
    timeout: 5s
    retries: {attempts: 3, perTryTimeout: 2s, retryOn: "5xx,503, reset", backoff: 25ms}
    fault:
      delay: {percentage: {value: 0.5}, fixedDelay: 7s}
      abort: {percentage: {value: 10}, httpStatus: 503}
    headers:
      request: {set: {x-a: "%DOWNSTREAM_REMOTE_ADDRESS%"}, add: {x-b: "1"}, remove: [x-c]}
    mirror: {host: shadow, subset: v3}
    mirrorPercentage: {value: 25}
  - match: [{uri: {exact: /moved}}]
    redirect: {uri: /new, authority: b.example.com, redirectCode: 308, scheme: https, port: 444}
  - match: [{uri: {regex: "/teapots?/[0-9]+"}}]
    directResponse: {status: 418, body: {string: "short and stout"}}
  - route: [{destination: {host: reviews}, weight: 100}]
    mirrors:
    - {destination: {host: one}, percentage: {value: 5}}
    - {destination: {host: two}}
    rewrite: {uriRegexRewrite: {match: "^/a/(.*)", rewrite: "/b/\\\\1"}}
"""
DESTINATION_RULE = """
apiVersion: networking.istio.io/v1alpha3
kind: DestinationRule
metadata: {name: reviews, namespace: shop}
spec:
  host: reviews
  exportTo: ["."]
  workloadSelector: {matchLabels: {app: productpage}}
  trafficPolicy:
    loadBalancer: {simple: ROUND_ROBIN}
    connectionPool:
      tcp:
        maxConnections: 100
        connectTimeout: 30ms
        idleTimeout: 1h
        maxConnectionDuration: 2h
        tcpKeepalive: {probes: 3, time: 7200s, interval: 75s}
      http:
        http1MaxPendingRequests: 1
        http2MaxRequests: 2
        maxRequestsPerConnection: 3
        maxRetries: 4
        idleTimeout: 30s
        maxConcurrentStreams: 5
        h2UpgradePolicy: DO_NOT_UPGRADE
        useClientProtocol: true
    outlierDetection:
      consecutive5xxErrors: 7
      consecutiveGatewayErrors: 0
      consecutiveLocalOriginFailures: 2
      splitExternalLocalOriginErrors: true
      interval: 5m
      baseEjectionTime: 15m
      maxEjectionPercent: 50
      minHealthPercent: 40
    tls:
      mode: MUTUAL
      credentialName: client
      sni: reviews.example.com
      subjectAltNames: [reviews.example.com]
    portLevelSettings:
    - port: {number: 80}
      loadBalancer: {simple: RANDOM}
  subsets:
  - name: v1
    labels: {version: v1}
  - name: v2
    labels: {version: v2}
    trafficPolicy:
      tls: {mode: SIMPLE, caCertificates: /etc/ssl/certs/ca-certificates.crt}
"""
GATEWAY = """
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: front, namespace: edge}
spec:
  selector: {istio: ingressgateway}
  servers:
  - port: {number: 80, name: http, protocol: HTTP}
    hosts: ["*.example.com", "shop/a.example.com", "./b.example.com"]
    tls: {httpsRedirect: true}
  - name: secure
    port: {number: 443, name: https, protocol: HTTPS}
    hosts: ["*/c.example.com"]
    tls: {mode: SIMPLE, credentialName: front-cert}
"""
SERVICE_ENTRY = """
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: db, namespace: shop}
spec:
  hosts: [db.example.com, Second.example.com]
  addresses: [10.1.2.3, 10.1.2.4/32]
  location: MESH_INTERNAL
  resolution: STATIC
  exportTo: ["."]
  subjectAltNames: ["spiffe://cluster.local/ns/shop/sa/db"]
  ports:
  - {number: 80, name: http, protocol: HTTP, targetPort: 8080}
  - {number: 5432, name: sql, protocol: TLS}
  endpoints:
  - address: 192.0.2.1
    ports: {http: 8181}
    labels: {version: v1}
    locality: eu/eu-1/a
    weight: 3
    serviceAccount: db
  - address: "2001:db8::1"
"""
PEER_AUTHENTICATION = """
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: one, namespace: shop}
spec:
  selector: {matchLabels: {app: reviews}}
  mtls: {mode: STRICT}
  portLevelMtls: {"8080": {mode: DISABLE}, "9090": {mode: UNSET}}
"""
MESH_CONFIG = """
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: |-
    outboundTrafficPolicy:
      mode: REGISTRY_ONLY
    enableAutoMtls: false
    trustDomain: cluster.local
"""
SERVICE = """
apiVersion: v1
kind: Service
metadata:
  name: reviews
  namespace: shop
  annotations: {networking.istio.io/exportTo: ".,other"}
spec:
  type: ClusterIP
  clusterIP: 10.96.0.7
  clusterIPs: [10.96.0.7, "fd00:10:96::7"]
  selector: {app: reviews}
  publishNotReadyAddresses: true
  ports:
  - {name: http-web, port: 80, targetPort: web}
  - {name: other, port: 81, targetPort: 8081, appProtocol: kubernetes.io/h2c}
  - {name: dns, port: 53, protocol: UDP}
"""
ENDPOINTS = """
apiVersion: v1
kind: Endpoints
metadata: {name: legacy, namespace: shop}
subsets:
- addresses: [{ip: 192.0.2.9}]
  notReadyAddresses: [{ip: 192.0.2.10}]
  ports: [{name: http, port: 8080}]
"""
ENDPOINT_SLICE = """
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: legacy-1, namespace: shop, labels: {kubernetes.io/service-name: legacy}}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints:
- addresses: [192.0.2.11]
  conditions: {ready: true}
  zone: eu-1
- addresses: [192.0.2.12]
  conditions: {ready: false}
"""
NAMESPACE = """
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
"""
SECRET = f"""
apiVersion: v1
kind: Secret
metadata: {{name: front-cert, namespace: edge}}
type: kubernetes.io/tls
data: {{tls.crt: {_CHAIN}, tls.key: {_KEY}, ca.crt: {_CHAIN}}}
"""
HTTP_ROUTE = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop, namespace: shop}
spec:
  parentRefs:
  - {name: front, namespace: edge, sectionName: https}
  - {name: front, namespace: edge, port: 80}
  - {group: "", kind: Service, name: reviews, port: 9080}
  - {group: "", kind: Service, name: ratings, namespace: other}
  hostnames: [shop.example.com]
  rules:
  - name: wide
    matches: [{path: {value: /}}]
    backendRefs: [{name: reviews, port: 9080}]
  - matches:
    - path: {type: PathPrefix, value: /api/}
      method: GET
      headers: [{name: X-A, value: "1"}, {type: RegularExpression, name: x-b, value: "b+"}]
      queryParams: [{name: q, value: "1"}]
    - path: {type: Exact, value: /exact}
    filters:
    - type: RequestHeaderModifier
      requestHeaderModifier: {set: [{name: x-a, value: 50%}], remove: [x-d]}
    - type: ResponseHeaderModifier
      responseHeaderModifier: {add: [{name: x-b, value: b}]}
    - type: URLRewrite
      urlRewrite: {hostname: inner.example.com, path: {type: ReplaceFullPath, replaceFullPath: /v}}
    - type: RequestMirror
      requestMirror:
        backendRef: {name: shadow, port: 80}
        fraction: {numerator: 1, denominator: 4}
    backendRefs:
    - name: reviews
      port: 9080
      weight: 9
      filters:
      - type: RequestHeaderModifier
        requestHeaderModifier: {set: [{name: x-v, value: a}]}
    - {name: reviews, namespace: other, port: 9080}
    timeouts: {request: 10s, backendRequest: 2s}
    retry: {attempts: 3, codes: [502, 503], backoff: 100ms}
  - matches: [{path: {type: PathPrefix, value: /old}}]
    filters:
    - type: RequestRedirect
      requestRedirect:
        scheme: https
        hostname: new.example.com
        statusCode: 301
        path: {type: ReplacePrefixMatch, replacePrefixMatch: /new}
"""
API_GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: front, namespace: edge}
spec:
  gatewayClassName: gossamer
  listeners:
  - {name: http, port: 80, protocol: HTTP}
  - name: https
    port: 443
    protocol: HTTPS
    hostname: "*.example.com"
    tls:
      certificateRefs: [{name: front-cert}, {name: other, namespace: certs}]
    allowedRoutes:
      kinds: [{kind: HTTPRoute}]
      namespaces: {from: Selector, selector: {matchLabels: {team: shop}}}
  - name: open
    port: 8080
    protocol: HTTP
    allowedRoutes: {namespaces: {from: All}}
"""
REFERENCE_GRANT = """
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: one, namespace: other}
spec:
  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: shop}]
  to: [{group: "", kind: Service, name: reviews}, {group: "", kind: Secret}]
"""
TRAFFIC_SPLIT = """
apiVersion: split.smi-spec.io/v1alpha1
kind: TrafficSplit
metadata: {name: reviews, namespace: shop}
spec:
  service: reviews
  backends:
  - {service: reviews-v1, weight: 900m}
  - {service: reviews-v2, weight: "0.1"}
"""
ALL = {name: text for name, text in globals().items() if name.isupper() and name[0] != "_"}
