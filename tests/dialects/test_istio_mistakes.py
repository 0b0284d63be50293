"""What Istio refuses or ignores in its kinds is told, and its right neighbour is not."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import indent

import pytest

from gossamer.dialects.reading import ReadResult
from gossamer.model.finding import Severity
from gossamer.model.traffic.route import ClaimMatch, Compare, StringMatch
from gossamer.model.traffic.service import DeclaredEndpoints, Protocol, Resolution, Service
from tests.dialects.full_manifests import NETWORKING, codes, document, first, reading, refused, spec

TO = "route: [{destination: {host: reviews}}]"
PORT = "ports: [{number: 80, name: http, protocol: HTTP}]"
TCP = "ports: [{number: 5432, name: sql, protocol: TCP}]"
HEAD = {
    "VirtualService": "hosts: [reviews]",
    "DestinationRule": "host: reviews",
    "Gateway": "selector: {a: b}",
    "ServiceEntry": "",
    "PeerAuthentication": "",
}
GROUPS = {"PeerAuthentication": "security.istio.io/v1"}


def rule(text: str) -> str:
    """A VirtualService's one rule."""
    return f"http: [{{{text}}}]"


def match(text: str) -> str:
    """A VirtualService's one rule with one match."""
    return rule(f"match: [{{{text}}}], {TO}")


def policy(text: str) -> str:
    """A DestinationRule's policy."""
    return f"trafficPolicy: {{{text}}}"


def server(text: str, port: str = "{number: 80, name: http, protocol: HTTP}") -> str:
    """A Gateway's one server."""
    return f"servers: [{{port: {port}, hosts: [a.example.com], {text}}}]"


HTTPS = "{number: 443, name: https, protocol: HTTPS}"


def secured(text: str) -> str:
    """A Gateway's one HTTPS server with this tls."""
    return server(f"tls: {{{text}}}", HTTPS)


CASES: dict[str, tuple[str, str, str]] = {
    # VirtualService: the mistake, and what it should have been
    "authority twice": (
        "VirtualService",
        rule(f"rewrite: {{authority: a}}, headers: {{request: {{set: {{Host: b}}}}}}, {TO}"),
        rule(f"rewrite: {{authority: a}}, headers: {{request: {{set: {{x: b}}}}}}, {TO}"),
    ),
    "authority set and added": (
        "VirtualService",
        rule(f"headers: {{request: {{set: {{':authority': a}}, add: {{host: b}}}}}}, {TO}"),
        rule(f"headers: {{request: {{set: {{':authority': a}}}}}}, {TO}"),
    ),
    "the path set as a header": (
        "VirtualService",
        rule(f"headers: {{request: {{set: {{':path': /a}}}}}}, {TO}"),
        rule(f"headers: {{request: {{set: {{x-path: /a}}}}}}, {TO}"),
    ),
    "the host removed": (
        "VirtualService",
        rule(f"headers: {{request: {{remove: [Host]}}}}, {TO}"),
        rule(f"headers: {{request: {{remove: [x-host]}}}}, {TO}"),
    ),
    "the status set as a header": (
        "VirtualService",
        rule(f"headers: {{response: {{set: {{':status': '200'}}}}}}, {TO}"),
        rule(f"headers: {{response: {{set: {{x-status: '200'}}}}}}, {TO}"),
    ),
    "a redirect to nowhere": (
        "VirtualService",
        rule("redirect: {}"),
        rule("redirect: {scheme: https}"),
    ),
    "a redirect with a code alone": (
        "VirtualService",
        rule("redirect: {redirectCode: 302}"),
        rule("redirect: {uri: /a}"),
    ),
    "a redirect to an empty path": (
        "VirtualService",
        rule("redirect: {uri: ''}"),
        rule("redirect: {derivePort: FROM_PROTOCOL_DEFAULT}"),
    ),
    "a prefix rewritten where an exact path matches": (
        "VirtualService",
        rule("match: [{uri: {exact: /a}}], redirect: {prefixRewrite: /b}"),
        rule("match: [{uri: {prefix: /a}}], redirect: {prefixRewrite: /b}"),
    ),
    "a fault beside a redirect": (
        "VirtualService",
        rule("redirect: {uri: /a}, fault: {abort: {httpStatus: 500, percentage: {value: 1}}}"),
        rule(f"fault: {{abort: {{httpStatus: 500, percentage: {{value: 1}}}}}}, {TO}"),
    ),
    "a rewrite beside a fixed answer": (
        "VirtualService",
        rule("directResponse: {status: 200}, rewrite: {uri: /a}"),
        rule("directResponse: {status: 200}"),
    ),
    "a rewrite to nothing": (
        "VirtualService",
        rule(f"rewrite: {{uri: ''}}, {TO}"),
        rule(f"rewrite: {{uri: /a}}, {TO}"),
    ),
    "a header's condition that is null": (
        "VirtualService",
        match("headers: {x: null}"),
        match("headers: {x: {}}"),
    ),
    "a port's mode that is null": (
        "PeerAuthentication",
        "selector: {matchLabels: {a: b}}\nportLevelMtls: {80: null}",
        "selector: {matchLabels: {a: b}}\nportLevelMtls: {80: {mode: STRICT}}",
    ),
    "a host of a namespace that is none": (
        "Gateway",
        "servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['~/a.example.com']}]",
        "servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['./a.example.com']}]",
    ),
    "an address as the host of an entry": (
        "ServiceEntry",
        f"hosts: [10.1.2.3]\nresolution: NONE\n{PORT}",
        f"hosts: [a.example.com]\naddresses: [10.1.2.3]\nresolution: NONE\n{PORT}",
    ),
    "ports beside a Unix socket": (
        "ServiceEntry",
        f"hosts: [a.example.com]\nresolution: STATIC\n{PORT}\n"
        "endpoints: [{address: 'unix:///s', ports: {http: 1}}]",
        f"hosts: [a.example.com]\nresolution: STATIC\n{PORT}\n"
        "endpoints: [{address: 10.1.2.3, ports: {http: 1}}]",
    ),
    "TLS without a certificate": (
        "Gateway",
        secured("mode: SIMPLE"),
        secured("mode: SIMPLE, credentialName: c"),
    ),
    "an empty fault": ("VirtualService", rule(f"fault: {{}}, {TO}"), rule(TO)),
    "an empty rewrite": (
        "VirtualService",
        rule(f"rewrite: {{}}, {TO}"),
        rule(f"rewrite: {{uri: /}}, {TO}"),
    ),
    "retries without attempts": (
        "VirtualService",
        rule(f"retries: {{retryOn: 5xx}}, {TO}"),
        rule(f"retries: {{attempts: 2, retryOn: 5xx}}, {TO}"),
    ),
    "retries on a word that Envoy does not know": (
        "VirtualService",
        rule(f"retries: {{attempts: 2, retryOn: often}}, {TO}"),
        rule(f"retries: {{attempts: 2, retryOn: '5xx,503,reset'}}, {TO}"),
    ),
    "a timeout of half a millisecond": (
        "VirtualService",
        rule(f"timeout: 0.5ms, {TO}"),
        rule(f"timeout: 1ms, {TO}"),
    ),
    "a timeout of some nanoseconds": (
        "VirtualService",
        rule(f"timeout: 100ns, {TO}"),
        rule(f"timeout: 0s, {TO}"),
    ),
    "a try of a fraction of a millisecond": (
        "VirtualService",
        rule(f"retries: {{attempts: 2, perTryTimeout: 10.5ms}}, {TO}"),
        rule(f"retries: {{attempts: 2, perTryTimeout: 10ms}}, {TO}"),
    ),
    "a wait of microseconds before a retry": (
        "VirtualService",
        rule(f"retries: {{attempts: 2, backoff: 10us}}, {TO}"),
        rule(f"retries: {{attempts: 2, backoff: 25ms}}, {TO}"),
    ),
    "a delay of microseconds": (
        "VirtualService",
        rule(f"fault: {{delay: {{fixedDelay: 1500us, percentage: {{value: 1}}}}}}, {TO}"),
        rule(f"fault: {{delay: {{fixedDelay: 0.002s, percentage: {{value: 1}}}}}}, {TO}"),
    ),
    "retries switched off with conditions": (
        "VirtualService",
        rule(f"retries: {{attempts: 0, perTryTimeout: 1s}}, {TO}"),
        rule(f"retries: {{attempts: 0}}, {TO}"),
    ),
    "an empty header prefix": (
        "VirtualService",
        match("headers: {x: {prefix: ''}}"),
        match("headers: {x: {exact: ''}}"),
    ),
    "an empty prefix of a header that must be away": (
        "VirtualService",
        match("withoutHeaders: {x: {prefix: ''}}"),
        match("withoutHeaders: {x: {}}"),
    ),
    "an empty query prefix": (
        "VirtualService",
        match("queryParams: {x: {prefix: ''}}"),
        match("queryParams: {x: {}}"),
    ),
    "an empty method prefix": (
        "VirtualService",
        match("method: {prefix: ''}"),
        match("method: {prefix: G}"),
    ),
    "an empty authority prefix": (
        "VirtualService",
        match("authority: {prefix: ''}"),
        match("authority: {prefix: a}"),
    ),
    "an empty regex": (
        "VirtualService",
        match("headers: {x: {regex: ''}}"),
        match("headers: {x: {regex: '*'}}"),
    ),
    "a star as the regex of a path": (
        "VirtualService",
        match("uri: {regex: '*'}"),
        match("uri: {regex: '.*'}"),
    ),
    "a label that nobody can have": (
        "VirtualService",
        match("sourceLabels: {app: 'a b'}"),
        match("sourceLabels: {app: a}"),
    ),
    "a host twice": (
        "VirtualService",
        f"hosts: [a.b, a.b]\n{rule(TO)}",
        f"hosts: [a.b, c.b]\n{rule(TO)}",
    ),
    "a host under a wildcard": (
        "VirtualService",
        f"hosts: ['*.b', a.b]\n{rule(TO)}",
        f"hosts: ['*.b', b]\n{rule(TO)}",
    ),
    "a delegate with gateways": (
        "VirtualService",
        f"hosts: []\ngateways: [g]\n{rule(TO)}",
        "",
    ),
    "no rules": ("VirtualService", "", rule(TO)),
    "exported to nobody": (
        "VirtualService",
        f"exportTo: ['~']\n{rule(TO)}",
        f"exportTo: ['.']\n{rule(TO)}",
    ),
    "exported to all and one": (
        "VirtualService",
        f"exportTo: ['*', a]\n{rule(TO)}",
        f"exportTo: [b, a]\n{rule(TO)}",
    ),
    "exported twice": (
        "VirtualService",
        f"exportTo: ['.', default]\n{rule(TO)}",
        f"exportTo: ['.', a]\n{rule(TO)}",
    ),
    "exported to what is no namespace": (
        "VirtualService",
        f"exportTo: ['a.b']\n{rule(TO)}",
        f"exportTo: [a-b]\n{rule(TO)}",
    ),
    # DestinationRule
    "a bound on connecting of microseconds": (
        "DestinationRule",
        policy("connectionPool: {tcp: {connectTimeout: 500us}}"),
        policy("connectionPool: {tcp: {connectTimeout: 500ms}}"),
    ),
    "an ejection that ends within a millisecond": (
        "DestinationRule",
        policy("outlierDetection: {baseEjectionTime: 1500us}"),
        policy("outlierDetection: {baseEjectionTime: 2ms}"),
    ),
    "HTTP/2 twice": (
        "DestinationRule",
        policy("connectionPool: {http: {h2UpgradePolicy: UPGRADE, useClientProtocol: true}}"),
        policy("connectionPool: {http: {h2UpgradePolicy: UPGRADE, useClientProtocol: false}}"),
    ),
    "HTTP/2 twice on a port": (
        "DestinationRule",
        policy(
            "portLevelSettings: [{port: {number: 80}, connectionPool: "
            "{http: {h2UpgradePolicy: UPGRADE, useClientProtocol: true}}}]"
        ),
        policy(
            "portLevelSettings: [{port: {number: 80}, connectionPool: "
            "{http: {useClientProtocol: true}}}]"
        ),
    ),
    "local failures that are not counted": (
        "DestinationRule",
        policy("outlierDetection: {consecutiveLocalOriginFailures: 5}"),
        policy(
            "outlierDetection: {consecutiveLocalOriginFailures: 5, "
            "splitExternalLocalOriginErrors: true}"
        ),
    ),
    "unchecked certificates with names to check": (
        "DestinationRule",
        policy("tls: {mode: SIMPLE, insecureSkipVerify: true, subjectAltNames: [a]}"),
        policy("tls: {mode: SIMPLE, insecureSkipVerify: true}"),
    ),
    "unchecked certificates with roots": (
        "DestinationRule",
        policy("tls: {mode: SIMPLE, insecureSkipVerify: true, caCertificates: /a}"),
        policy("tls: {mode: SIMPLE, caCertificates: system}"),
    ),
    "a credential beside files": (
        "DestinationRule",
        policy("tls: {mode: SIMPLE, credentialName: a, caCertificates: /a}"),
        policy("tls: {mode: SIMPLE, credentialName: a}"),
    ),
    "the mesh's identity beside files": (
        "DestinationRule",
        policy("tls: {mode: ISTIO_MUTUAL, clientCertificate: /a, privateKey: /b}"),
        policy("tls: {mode: ISTIO_MUTUAL}"),
    ),
    "a policy that says nothing": ("DestinationRule", "trafficPolicy: {}", ""),
    "a pool that says nothing": ("DestinationRule", policy("connectionPool: {}"), ""),
    "a port that says nothing": (
        "DestinationRule",
        policy("portLevelSettings: [{port: {number: 80}}]"),
        policy("portLevelSettings: [{port: {number: 80}, loadBalancer: {simple: RANDOM}}]"),
    ),
    "a subset's label": (
        "DestinationRule",
        "subsets: [{name: a, labels: {version: 'v 1'}}]",
        "subsets: [{name: a, labels: {version: v_1}}]",
    ),
    "selected workloads of everybody": (
        "DestinationRule",
        "workloadSelector: {matchLabels: {a: b}}\nexportTo: ['*']",
        "workloadSelector: {matchLabels: {a: b}}\nexportTo: ['.']",
    ),
    # Gateway
    "no servers": ("Gateway", "", server("name: a")),
    "a port without a name": (
        "Gateway",
        server("name: a", "{number: 80, protocol: HTTP}"),
        server("name: a"),
    ),
    "a port's name twice": (
        "Gateway",
        "servers: [{port: {number: 80, name: a, protocol: HTTP}, hosts: [a.b]}, "
        "{port: {number: 81, name: a, protocol: HTTP}, hosts: [a.b]}]",
        "servers: [{port: {number: 80, name: a, protocol: HTTP}, hosts: [a.b]}, "
        "{port: {number: 81, name: b, protocol: HTTP}, hosts: [a.b]}]",
    ),
    "a short host": (
        "Gateway",
        "servers: [{port: {number: 80, name: a, protocol: HTTP}, hosts: [short]}]",
        "servers: [{port: {number: 80, name: a, protocol: HTTP}, hosts: ['*', 10.0.0.1]}]",
    ),
    "a host with a part of a label": (
        "Gateway",
        "servers: [{port: {number: 80, name: a, protocol: HTTP}, hosts: ['*a.b']}]",
        "servers: [{port: {number: 80, name: a, protocol: HTTP}, hosts: ['*.a.b']}]",
    ),
    "a certificate at a plain port": (
        "Gateway",
        server("tls: {mode: SIMPLE, credentialName: a}"),
        server("tls: {httpsRedirect: true}"),
    ),
    "two sources of certificates": (
        "Gateway",
        secured("mode: SIMPLE, credentialName: a, credentialNames: [a, b]"),
        secured("mode: SIMPLE, credentialNames: [a, b]"),
    ),
    "a revocation list without clients' certificates": (
        "Gateway",
        secured("mode: SIMPLE, credentialName: a, caCrl: /a"),
        secured("mode: SIMPLE, credentialName: a"),
    ),
    "two things to hash": (
        "DestinationRule",
        policy("loadBalancer: {consistentHash: {useSourceIp: true, httpHeaderName: a}}"),
        "",
    ),
    # ServiceEntry
    "endpoints without a resolution": (
        "ServiceEntry",
        f"hosts: [a.b]\n{TCP}\nendpoints: [{{address: 10.1.2.3}}]",
        f"hosts: [a.b]\n{TCP}\nresolution: STATIC\nendpoints: [{{address: 10.1.2.3}}]",
    ),
    "two endpoints of which one is taken": (
        "ServiceEntry",
        f"hosts: [a.b]\n{TCP}\nresolution: DNS_ROUND_ROBIN\n"
        "endpoints: [{address: c.b}, {address: d.b}]",
        f"hosts: [a.b]\n{TCP}\nresolution: DNS_ROUND_ROBIN\nendpoints: [{{address: c.b}}]",
    ),
    "a range by DNS": (
        "ServiceEntry",
        f"hosts: [a.b]\n{PORT}\nresolution: DNS\naddresses: [10.0.0.0/32]",
        f"hosts: [a.b]\n{PORT}\nresolution: DNS\naddresses: [10.0.0.0]",
    ),
    "bytes for several hosts": (
        "ServiceEntry",
        f"hosts: [a.b, c.b]\n{TCP}\nresolution: DNS",
        f"hosts: [a.b, c.b]\n{PORT}\nresolution: DNS",
    ),
    "a port of an entry without a name": (
        "ServiceEntry",
        "hosts: [a.b]\nports: [{number: 80, protocol: HTTP}]",
        f"hosts: [a.b]\n{PORT}",
    ),
    "a port's name with a dot": (
        "ServiceEntry",
        "hosts: [a.b]\nports: [{number: 80, name: a.b, protocol: HTTP}]",
        f"hosts: [a.b]\n{PORT}",
    ),
    "two ports of a name": (
        "ServiceEntry",
        "hosts: [a.b]\nports: [{number: 80, name: a, protocol: HTTP}, "
        "{number: 81, name: a, protocol: HTTP}]",
        "hosts: [a.b]\nports: [{number: 80, name: a, protocol: HTTP}, "
        "{number: 81, name: b, protocol: HTTP}]",
    ),
    "hidden from some": (
        "ServiceEntry",
        f"hosts: [a.b]\n{PORT}\nexportTo: ['~', a]",
        f"hosts: [a.b]\n{PORT}\nexportTo: [a]",
    ),
    # PeerAuthentication
    "ports that no workload has": (
        "PeerAuthentication",
        "portLevelMtls: {80: {mode: DISABLE}}",
        "selector: {matchLabels: {a: b}}\nportLevelMtls: {80: {mode: DISABLE}}",
    ),
}


def said(kind: str, body: str) -> ReadResult:
    """What is read of a kind's spec; a body may bring its own head."""
    head = "" if body.startswith(("hosts:", "host:")) else HEAD[kind]
    whole = f"{head}\n{body}".strip()
    return spec(GROUPS.get(kind, NETWORKING), kind, whole)


@pytest.mark.parametrize("name", CASES)
def test_what_istio_refuses_is_an_error(name: str) -> None:
    """Each has a finding that is an error, an effect and a remedy."""
    kind, wrong, _ = CASES[name]
    errors = [f for f in said(kind, wrong).findings if f.severity is Severity.ERROR]
    assert errors
    assert all(each.effect and each.remedy for each in errors)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case[2]])
def test_its_right_neighbour_is_not(name: str) -> None:
    """What differs by the mistake alone is read without an error or a warning."""
    kind, _, right = CASES[name]
    findings = said(kind, right)
    assert [f.message for f in findings.findings if f.severity is not Severity.INFO] == []
    assert findings.contribution is not None


TOLD: dict[str, tuple[str, str, str]] = {
    "a path that is empty": ("VirtualService", match("uri: {exact: ''}"), "no-effect"),
    "a method that is empty": ("VirtualService", match("method: {exact: ''}"), "no-effect"),
    "a claim": (
        "VirtualService",
        match("headers: {'@request.auth.claims.a': {exact: b}}"),
        "unsupported-match",
    ),
    "no claim": (
        "VirtualService",
        match("withoutHeaders: {'@request.auth.claims.a': {exact: b}}"),
        "unsupported-match",
    ),
    "a part of a label": (
        "VirtualService",
        f"hosts: ['*-api.example.com']\n{rule(TO)}",
        "unsupported-field",
    ),
    "a part of a label in a rule": (
        "DestinationRule",
        "host: '*a.example.com'",
        "unsupported-field",
    ),
    "a part of a label in an entry": (
        "ServiceEntry",
        f"hosts: ['*a.example.com']\n{PORT}",
        "unsupported-field",
    ),
    "a delegate": ("VirtualService", f"hosts: []\n{rule(TO)}", "unsupported-field"),
    "dynamic DNS": (
        "ServiceEntry",
        f"hosts: ['*.a.b']\n{PORT}\nresolution: DYNAMIC_DNS",
        "unsupported-field",
    ),
    "a Unix socket": (
        "ServiceEntry",
        f"hosts: [a.b]\n{PORT}\nresolution: STATIC\nendpoints: [{{address: 'unix:///a'}}]",
        "unsupported-field",
    ),
    "hidden": ("ServiceEntry", f"hosts: [a.b]\n{PORT}\nexportTo: ['~']", "no-effect"),
    "selected, and dialled": (
        "ServiceEntry",
        f"hosts: [a.b]\n{PORT}\nworkloadSelector: {{labels: {{a: b}}}}",
        "no-effect",
    ),
    "a target port": (
        "Gateway",
        server("name: a", "{number: 80, name: http, protocol: HTTP, targetPort: 81}"),
        "no-effect",
    ),
    "a redirect of bytes": (
        "Gateway",
        server("tls: {httpsRedirect: true}", "{number: 80, name: tcp, protocol: TCP}"),
        "no-effect",
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_what_has_no_effect_here_is_a_warning(name: str) -> None:
    """Valid input is not refused; what does not come of it is said, once."""
    kind, body, code = TOLD[name]
    findings = said(kind, body)
    assert [(f.code, f.severity) for f in findings.findings] == [(code, Severity.WARNING)]


def test_unknown_roots_are_an_info() -> None:
    """Who names no roots is told which ones count."""
    findings = said("DestinationRule", policy("tls: {mode: SIMPLE}"))
    assert [(f.code, f.severity) for f in findings.findings] == [("system-roots", Severity.INFO)]


@pytest.mark.parametrize("field", ["headers", "withoutHeaders"])
@pytest.mark.parametrize("name", [".realm.roles", "[realm][roles]"])
def test_a_claim_is_named_in_two_ways(field: str, name: str) -> None:
    """By dots, or in brackets where a name has a dot of its own; it is no header."""
    claim = f"'@request.auth.claims{name}': {{exact: admin}}"
    (route,) = first(said("VirtualService", match(f"{field}: {{{claim}}}"))).routes
    absent = field == "withoutHeaders"
    wanted = ClaimMatch(("realm", "roles"), StringMatch(Compare.EXACT, "admin"), absent)
    assert (route.match.claims, route.match.headers) == ((wanted,), ())


def test_a_claim_is_matched_at_a_gateway_without_a_remark() -> None:
    """There tokens are checked; in a rule for the mesh they are not."""
    claim = match("headers: {'@request.auth.claims.a': {exact: b}}")
    assert codes(said("VirtualService", f"gateways: [front]\n{claim}").findings) == []
    both = f"gateways: [front, mesh]\n{claim}"
    assert codes(said("VirtualService", both).findings) == ["unsupported-match"]


@pytest.mark.parametrize("name", ["", ".", ".a..b", "[a", "[a]b", "[]", "a"])
def test_what_names_no_claim_is_refused(name: str) -> None:
    """Else the rule would take requests that it is not for."""
    claim = match(f"headers: {{'@request.auth.claims{name}': {{exact: b}}}}")
    assert codes(said("VirtualService", f"gateways: [front]\n{claim}").findings) == [
        "invalid-header"
    ]


@pytest.mark.parametrize("field", ["headers", "withoutHeaders", "queryParams"])
def test_a_star_as_regex_asks_for_presence(field: str) -> None:
    """It is no regular expression; Istio takes it for "is there"."""
    (route,) = first(said("VirtualService", match(f"{field}: {{x: {{regex: '*'}}}}"))).routes
    (condition,) = route.match.query if field == "queryParams" else route.match.headers
    assert condition.match.compare is Compare.PRESENT
    assert bool(condition.absent) == (field == "withoutHeaders")


@pytest.mark.parametrize(
    ("resolution", "address", "meant"),
    [
        ("DNS", "www.wikipedia.org", Resolution.DNS),
        ("DNS_ROUND_ROBIN", "www.wikipedia.org", Resolution.DNS),
        ("STATIC", "192.0.2.1", Resolution.ENDPOINTS),
    ],
)
def test_a_wildcard_with_endpoints_goes_there(
    resolution: str, address: str, meant: Resolution
) -> None:
    """The endpoints say where the many hosts are, so nothing has to be looked up."""
    findings = said(
        "ServiceEntry",
        f"hosts: ['*.wikipedia.org']\n{PORT}\nresolution: {resolution}\n"
        f"endpoints: [{{address: {address}}}]",
    )
    assert findings.findings == ()
    assert findings.contribution is not None
    service, declared = findings.contribution.fragments
    assert isinstance(service, Service)
    assert isinstance(declared, DeclaredEndpoints)
    assert service.resolution is meant
    assert [each.address for each in declared.endpoints] == [address]


@pytest.mark.parametrize("text", ["172.1.2.16/16", "fd00::1/64", "10.0.0.1/8"])
def test_host_bits_in_a_range_are_no_matter(text: str) -> None:
    """The range that contains the address is meant, as Istio reads it."""
    findings = said("ServiceEntry", f'hosts: [a.b]\n{PORT}\naddresses: ["{text}"]')
    assert codes(findings.findings, Severity.ERROR) == []


@pytest.mark.parametrize("name", ["", ', protocol: ""'])
def test_a_protocol_that_nobody_says_is_found_out(name: str) -> None:
    """Istio looks at the first bytes then, and so do we; `""` is what client libraries write."""
    findings = said("ServiceEntry", f"hosts: [a.b]\nports: [{{number: 80, name: a{name}}}]")
    (service,) = _services(findings)
    assert [port.protocol for port in service.ports] == [Protocol.UNDECLARED]
    assert [(f.code, f.severity) for f in findings.findings] == [
        ("unknown-protocol", Severity.INFO)
    ]


def test_a_port_of_databases_is_bytes() -> None:
    """Where its number says that the server speaks first, nobody waits to find out."""
    findings = said("ServiceEntry", "hosts: [a.b]\nports: [{number: 3306, name: a}]")
    assert [port.protocol for port in _services(findings)[0].ports] == [Protocol.TCP]
    assert findings.findings == ()


def _services(result: ReadResult) -> list[Service]:
    assert result.contribution is not None
    return [each for each in result.contribution.fragments if isinstance(each, Service)]


def test_a_wildcard_may_be_a_destination() -> None:
    """The host of a ServiceEntry that has one; `*` alone is no host to send to."""
    assert said("VirtualService", rule("route: [{destination: {host: '*.a.b'}}]")).findings == ()
    assert refused(said("VirtualService", rule("route: [{destination: {host: '*'}}]")))


def test_a_partial_wildcard_at_a_gateway_is_served() -> None:
    """Envoy's hosts know it, so at a gateway nothing is lost."""
    findings = said(
        "VirtualService", f"hosts: ['*-api.example.com']\ngateways: [front]\n{rule(TO)}"
    )
    assert findings.findings == ()
    assert first(findings).hosts == ("*-api.example.com",)


def everything() -> Iterator[str]:
    """All documents of the tables."""
    for kind, *bodies in CASES.values():
        for body in filter(None, bodies):
            head = "" if body.startswith(("hosts:", "host:")) else HEAD[kind]
            inside = indent(f"{head}\n{body}".strip(), "  ")
            yield document(GROUPS.get(kind, NETWORKING), kind, f"spec:\n{inside}\n")


def test_no_field_of_them_is_unknown() -> None:
    """A mistake in one field never makes its neighbours unknown."""
    assert [t for t in everything() if "unknown-field" in codes(reading(t).findings)] == []


IN_VAIN = {
    "one header in two cases": (
        "VirtualService",
        match("headers: {Foo: {exact: a}, foo: {exact: b}}"),
        "duplicate-name",
    ),
    "one port twice": (
        "DestinationRule",
        policy(
            "portLevelSettings: [{port: {number: 80}, loadBalancer: {simple: RANDOM}}, "
            "{port: {number: 80}, loadBalancer: {simple: ROUND_ROBIN}}]"
        ),
        "duplicate-port",
    ),
    "the authority of the rule and of a destination": (
        "VirtualService",
        rule(
            "rewrite: {authority: a}, route: [{destination: {host: reviews}, "
            "headers: {request: {set: {Host: b}}}}]"
        ),
        "no-effect",
    ),
    "a backoff without attempts": (
        "VirtualService",
        rule(f"retries: {{backoff: 1s}}, {TO}"),
        "no-effect",
    ),
    "a timeout beside a redirect": (
        "VirtualService",
        rule("timeout: 1s, redirect: {uri: /a}"),
        "no-effect",
    ),
    "retries beside a direct response": (
        "VirtualService",
        rule("retries: {attempts: 2}, directResponse: {status: 200}"),
        "no-effect",
    ),
    "copies beside a redirect": (
        "VirtualService",
        rule("mirrors: [{destination: {host: reviews}}], redirect: {uri: /a}"),
        "no-effect",
    ),
    "copies to one host twice": (
        "VirtualService",
        rule(f"mirrors: [{', '.join(['{destination: {host: reviews}}'] * 3)}], {TO}"),
        "duplicate-destination",
    ),
    "a regex in any case": (
        "VirtualService",
        match("uri: {regex: /a}, ignoreUriCase: true"),
        "no-effect",
    ),
}

NOT_IN_VAIN = {
    "a timeout beside a route": ("VirtualService", rule(f"timeout: 1s, {TO}")),
    "copies to two subsets": (
        "VirtualService",
        rule(
            "mirrors: [{destination: {host: reviews, subset: a}}, "
            f"{{destination: {{host: reviews, subset: b}}}}], {TO}"
        ),
    ),
    "a prefix in any case": (
        "VirtualService",
        match("uri: {prefix: /a}, ignoreUriCase: true"),
    ),
    "a backoff between attempts": (
        "VirtualService",
        rule(f"retries: {{attempts: 2, backoff: 1s}}, {TO}"),
    ),
}


@pytest.mark.parametrize("name", IN_VAIN)
def test_what_istio_takes_in_vain_is_a_warning(name: str) -> None:
    """It is used there, and not as its author meant."""
    kind, text, code = IN_VAIN[name]
    result = spec(NETWORKING, kind, f"{HEAD[kind]}\n{text}").findings
    assert [each.code for each in result if each.severity is Severity.WARNING] == [code]


@pytest.mark.parametrize("name", NOT_IN_VAIN)
def test_what_has_its_effect_is_no_warning(name: str) -> None:
    """The neighbours of what is taken in vain are read without a word."""
    kind, text = NOT_IN_VAIN[name]
    assert spec(NETWORKING, kind, f"{HEAD[kind]}\n{text}").findings == ()
