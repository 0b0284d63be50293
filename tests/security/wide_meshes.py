"""Manifests that are wide in one way each: many objects of a kind, or many entries of a field.

`N` stands for 0, 1, 2, … in what is repeated.
"""

from __future__ import annotations

from dataclasses import dataclass

_VERSIONS = {
    "Service": "v1",
    "HTTPRoute": "gateway.networking.k8s.io/v1",
    "GatewayClass": "gateway.networking.k8s.io/v1",
    "PeerAuthentication": "security.istio.io/v1",
    "RequestAuthentication": "security.istio.io/v1",
    "TrafficSplit": "split.smi-spec.io/v1alpha4",
}
_ISTIO = "networking.istio.io/v1"
_DEPLOYMENT = """---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}, annotations: {{{annotations}}}}}
    spec: {{containers: [{{name: {container}, image: auto}}]}}
"""
INGRESS = _DEPLOYMENT.format(
    name="ingress", annotations="inject.istio.io/templates: gateway", container="istio-proxy"
)
CALLER = _DEPLOYMENT.format(name="a", annotations="", container="a")


@dataclass(frozen=True, slots=True)
class Wide:
    """What stands once, what is repeated, and what joins the repeated: `{}` in `once` is its
    place."""

    once: str
    each: str
    between: str = ", "

    def of(self, n: int) -> str:
        """The manifests with so many of them."""
        repeated = self.between.join(self.each.replace("N", str(i)) for i in range(n))
        return CALLER + self.once.replace("{}", repeated)


def one(kind: str, name: str, spec: str, version: str = "") -> str:
    version = version or _VERSIONS.get(kind, _ISTIO)
    head = f"---\napiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}}}\n"
    return f"{head}spec: {{{spec}}}\n"


def service(name: str, ports: str = "[{name: http, port: 80}]") -> str:
    return one("Service", name, f"selector: {{app: {name}}}, ports: {ports}")


def gateway(name: str, servers: str) -> str:
    return one("Gateway", name, f"selector: {{app: ingress}}, servers: [{servers}]")


def server(host: str, name: str = "p", port: str = "80", protocol: str = "HTTP") -> str:
    tls = ", tls: {mode: SIMPLE, credentialName: c}" if protocol == "HTTPS" else ""
    numbers = f"{{number: {port}, name: {name}, protocol: {protocol}}}"
    return f"{{port: {numbers}, hosts: [{host}]{tls}}}"


def entry(name: str, host: str, more: str, port: str = "80") -> str:
    ports = f"[{{number: {port}, name: http-{port}, protocol: HTTP}}]"
    return one("ServiceEntry", name, f"hosts: [{host}], ports: {ports}, {more}")


def many(text: str, once: str = "") -> Wide:
    return Wide(once + "{}", text, "")


def rules(match: str, route: str = "host: a") -> Wide:
    """A VirtualService with a rule for each match."""
    text = f"{{match: [{match}], route: [{{destination: {{{route}}}}}]}}"
    return Wide(service("a") + one("VirtualService", "v", "hosts: [a], http: [{}]"), text)


def routes(hosts: str, more: str = "") -> str:
    to_a = "http: [{route: [{destination: {host: a}}]}]"
    return one("VirtualService", "vN", f"hosts: [{hosts}], {to_a}{more}")


_API = "gateway.networking.k8s.io/v1"
_LISTENER = "gatewayClassName: c, listeners: [{name: l, port: 80, protocol: HTTP}]"
_API_GATEWAY = one("Gateway", "g", _LISTENER, _API) + service("a")
_BACKEND = "backendRefs: [{name: a, port: 80}]"
_PATH = "matches: [{path: {type: Exact, value: /pN}}]"
_TO_SERVICE = "parentRefs: [{kind: Service, group: '', name: a}]"
_TO_GATEWAY = "parentRefs: [{name: g}]"
_PORT_POLICIES = "host: a, trafficPolicy: {portLevelSettings: [{}]}"
_SUBSETS = service("a") + one("DestinationRule", "d", "host: a, subsets: [{}]")
_STAR = INGRESS + service("a") + gateway("g", server("'*'"))

MESHES: dict[str, Wide] = {
    "services": many(service("sN")),
    "services of a pod": many(one("Service", "sN", "selector: {app: a}, ports: [{port: 80}]")),
    "names of names": many(
        one("Service", "aN", "type: ExternalName, externalName: b.example")
        + "---\napiVersion: v1\nkind: Service\nmetadata: {name: cN}\nspec: {type: ExternalName, "
        "externalName: aN.default.svc.cluster.local}\n"
    ),
    "gateways": many(gateway("gN", server("hN.example")), INGRESS),
    "gateways of one host": many(gateway("gN", server("h.example")), INGRESS),
    "gateways with TLS": many(gateway("gN", server("hN.example", "p", "443", "HTTPS")), INGRESS),
    "gateways of one TLS host": many(
        gateway("gN", server("h.example", "p", "443", "HTTPS")), INGRESS
    ),
    "gateways of no pod": many(gateway("gN", server("h"))),
    "gateways of a class": many(one("Gateway", "gN", _LISTENER, _API)),
    "servers": Wide(INGRESS + gateway("g", "{}"), server("hN.example", "pN")),
    "servers with TLS": Wide(
        INGRESS + gateway("g", "{}"), server("hN.example", "pN", "443", "HTTPS")
    ),
    "hosts of a server": Wide(INGRESS + gateway("g", server("{}")), "hN.example"),
    "listeners": Wide(
        one("Gateway", "g", "gatewayClassName: c, listeners: [{}]", _API),
        "{name: lN, port: 80, protocol: HTTP, hostname: hN.example}",
    ),
    "listeners of one host": Wide(
        one("Gateway", "g", "gatewayClassName: c, listeners: [{}]", _API),
        "{name: lN, port: 80, protocol: HTTP}",
    ),
    "exact paths": rules("{uri: {exact: /pN}}"),
    "prefixes": rules("{uri: {prefix: /pN/}}"),
    "regexes": rules("{uri: {regex: /pN/.*}}"),
    "one path": rules("{uri: {exact: /p}}"),
    "header values": rules("{headers: {x: {exact: vN}}}"),
    "header names": rules("{headers: {xN: {exact: v}}}"),
    "query values": rules("{method: {exact: GET}, queryParams: {q: {exact: vN}}}"),
    "authorities": rules("{authority: {exact: hN}}"),
    "source labels": rules("{sourceLabels: {app: aN}}"),
    "source namespaces": rules("{sourceNamespace: nN}"),
    "gateways of rules": rules("{gateways: [gN]}"),
    "matches of a rule": Wide(
        service("a")
        + one(
            "VirtualService",
            "v",
            "hosts: [a], http: [{match: [{}], route: [{destination: {host: a}}]}]",
        ),
        "{uri: {exact: /pN}}",
    ),
    "headers of a match": rules("{headers: {{}}}"),
    "hosts of a route": Wide(service("a") + routes("{}").replace("vN", "v"), "hN.example"),
    "routes of a gateway": many(routes("hN.example", ", gateways: [g]"), _STAR),
    "routes of a gateway's host": many(routes("h.example", ", gateways: [g]"), _STAR),
    "hosts of a route and its gateway": Wide(
        INGRESS
        + service("a")
        + gateway("g", server("{}"))
        + routes("{}", ", gateways: [g]").replace("vN", "v"),
        "hN.example",
    ),
    "backends of a route": Wide(
        service("a") + one("VirtualService", "v", "hosts: [a], http: [{route: [{}]}]"),
        "{destination: {host: a, port: {number: 80}}, weight: 1}",
    ),
    "subsets": Wide(_SUBSETS, "{name: vN, labels: {v: xN}}"),
    "destination rules": many(one("DestinationRule", "dN", "host: sN") + service("sN")),
    "destination rules of a host": many(
        one("DestinationRule", "dN", "host: a, subsets: [{name: vN, labels: {v: xN}}]"),
        service("a"),
    ),
    "ports with policies": Wide(
        service("a") + one("DestinationRule", "d", _PORT_POLICIES),
        "{port: {number: 1N}, tls: {mode: DISABLE}}",
    ),
    "service entries": many(entry("eN", "hN.example", "resolution: DNS")),
    "service entries of a host": many(entry("eN", "h.example", "resolution: DNS")),
    "service entries of a host's ports": many(entry("eN", "h.example", "resolution: DNS", "1N")),
    "hosts of an entry": Wide(entry("e", "{}", "resolution: DNS"), "hN.example"),
    "wildcard hosts": many(entry("eN", "'*.hN.example'", "resolution: NONE")),
    "service entries of an address": many(
        entry("eN", "hN.example", "addresses: [198.51.100.1], resolution: DNS")
    ),
    "endpoints": Wide(
        entry("e", "h.example", "resolution: DNS, endpoints: [{}]"), "{address: eN.example}"
    ),
    "peer authentications": many(
        one("PeerAuthentication", "pN", "selector: {matchLabels: {app: a}}, mtls: {mode: STRICT}")
    ),
    "rules of a request authentication": Wide(
        service("a") + one("RequestAuthentication", "t", "jwtRules: [{}]"),
        "{issuer: iN, jwksUri: 'https://a.x/N', fromHeaders: [{name: x}, {name: x-N}]}",
    ),
    "request authentications": many(
        one(
            "RequestAuthentication",
            "tN",
            "selector: {matchLabels: {app: a}}, jwtRules: [{issuer: iN, "
            "jwksUri: 'https://a.x/N', fromHeaders: [{name: x-N}]}]",
        ),
        service("a"),
    ),
    "HTTPRoutes of a gateway": many(
        one(
            "HTTPRoute",
            "rN",
            f"{_TO_GATEWAY}, hostnames: [hN.x], rules: [{{{_BACKEND}}}]",
        ),
        _API_GATEWAY,
    ),
    "HTTPRoutes of a host": many(
        one("HTTPRoute", "rN", f"{_TO_GATEWAY}, rules: [{{{_PATH}, {_BACKEND}}}]"),
        _API_GATEWAY,
    ),
    "rules of an HTTPRoute": Wide(
        service("a") + one("HTTPRoute", "r", f"{_TO_SERVICE}, rules: [{{}}]"),
        f"{{{_PATH}, {_BACKEND}}}",
    ),
    "parents of an HTTPRoute": Wide(
        service("a") + one("HTTPRoute", "r", f"parentRefs: [{{}}], rules: [{{{_BACKEND}}}]"),
        "{name: gN}",
    ),
    "traffic splits": many(
        one("TrafficSplit", "tN", "service: a, backends: [{service: a, weight: 1}]"), service("a")
    ),
}
