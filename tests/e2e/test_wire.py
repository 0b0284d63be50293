"""What two programs may say to each other in HTTP, they may say through the mesh."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.e2e.lab_under_test import Lab
from tests.e2e.words_client import exchange
from tests.e2e.written import UNMESHED, deployment, service, sleeper

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

HERE = Path(__file__).parent
HASTY = "1"
"""Seconds after which one of the applications closes a connection that rests."""

GATEWAY = """
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: front}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: front}
spec:
  hosts: ["*"]
  gateways: [front]
  http: [{route: [{destination: {host: told, port: {number: 80}}}]}]
---
"""

VERSIONS = """
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec:
  selector: {{app: told}}
  ports: [{{name: {protocol}, port: 80, targetPort: {target}}}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: {name}}}
spec:
  host: {name}
  trafficPolicy: {{connectionPool: {{http: {said}}}}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: {name}}}
spec:
  hosts: [{name}.example]
  gateways: [front]
  http: [{{route: [{{destination: {{host: {name}, port: {{number: 80}}}}}}]}}]
---
"""
SERVICES = (
    ("as-http", "http", 8081, "{maxRetries: 3}"),
    ("as-http2", "http2", 8082, "{maxRetries: 3}"),
    ("carried-http", "http", 8083, "{useClientProtocol: true}"),
    ("carried-http2", "http2", 8084, "{useClientProtocol: true}"),
    ("upgraded", "http", 8085, "{h2UpgradePolicy: UPGRADE}"),
)
"""Services of the telling server: name, name of the port, target, what a destination says."""

TRIED_AGAIN = """
apiVersion: v1
kind: Service
metadata: {name: again}
spec: {selector: {app: told}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: again}
spec:
  parentRefs: [{group: "", kind: Service, name: again}]
  rules:
  - retry: {codes: [500], attempts: 2, backoff: 10ms}
    timeouts: {backendRequest: 500ms}
    backendRefs: [{name: again, port: 80}]
---
apiVersion: v1
kind: Namespace
metadata: {name: guests}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: consumer, namespace: guests}
spec:
  parentRefs: [{group: "", kind: Service, name: again, namespace: default}]
  rules:
  - filters:
    - {type: ResponseHeaderModifier, responseHeaderModifier: {set: [{name: x-by, value: guests}]}}
    backendRefs: [{name: again, namespace: default, port: 80}]
---
"""

REACHED = {
    ("sidecar", "as-http"): ("1.1", "2"),
    ("sidecar", "as-http2"): ("2", "2"),
    ("sidecar", "upgraded"): ("1.1", "1.1"),
    ("stranger", "as-http"): ("1.1", "2"),
    ("gateway", "as-http"): ("1.1", "1.1"),
    ("gateway", "as-http2"): ("2", "2"),
    ("gateway", "upgraded"): ("1.1", "1.1"),
    ("sidecar", "carried-http"): ("1.1", "2"),
    ("sidecar", "carried-http2"): ("1.1", "2"),
    ("gateway", "carried-http"): ("1.1", "2"),
    ("gateway", "carried-http2"): ("1.1", "2"),
}
"""By who calls whom: what reaches the application of a call in HTTP/1.1, and of one in HTTP/2."""

CLIENT = "deploy/client"
ROADS = ("told", "bare", "gateway")
"""Through two sidecars; through the caller's alone; through a gateway and a sidecar."""


class Wire:
    """The ways to the telling server, and what it is told by each."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        apps = {name: self._app(name, *more) for name, *more in APPS}
        versions = (
            VERSIONS.format(name=name, protocol=protocol, target=target, said=said)
            for name, protocol, target, said in SERVICES
        )
        callers = sleeper("client") + sleeper("stranger", UNMESHED)
        guest = sleeper("guest").replace("{name: guest}", "{name: guest, namespace: guests}")
        said = "".join((*apps.values(), *versions, callers, TRIED_AGAIN, guest, GATEWAY))
        shape = lab.up_text(said)
        self.outside = next(
            int(each["url"].rpartition(":")[2])
            for each in shape["gateways"]
            if each["name"] == "default/front"
        )

    def _app(self, name: str, annotation: str, idle: str) -> str:
        run = f"gossamer.dev/run: '{self.lab.command()[0]} {HERE / 'telling_server.py'} {idle}'"
        annotations = f"{{{run}, {annotation}}}" if annotation else f"{{{run}}}"
        return deployment(name, annotations=annotations) + service(name)

    def say(self, road: str, request: str, more: str = "") -> str:
        """What comes back for bytes sent along a road."""
        if road == "gateway":
            words = [text.encode("latin-1") for text in (request, more)]
            return exchange("127.0.0.1", self.outside, *words).decode("latin-1")
        escaped = [
            text.encode("unicode_escape").decode() for text in (request, *([more] if more else []))
        ]
        python = (*self.lab.env_words(), self.lab.command()[0], str(HERE / "words_client.py"))
        return self.lab.exec(CLIENT, *python, road, "80", *escaped).stdout

    def version_reached(self, road: str, name: str, option: str) -> str:
        """The HTTP version that an application is called in."""
        if road != "gateway":
            return self.lab.curl(f"deploy/{CALLERS[road]}", f"http://{name}/", option)
        to = f"{name}.example:{self.outside}"
        words = ("curl", "-sS", "-m", "5", option, "--resolve", f"{to}:127.0.0.1", f"http://{to}/")
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout

    def post_pausing(self, host: str) -> dict[str, int]:
        """The statuses of POSTs whose callers pause as long as the server waits."""
        python = (self.lab.command()[0], str(HERE / "pausing_client.py"))
        done = self.lab.exec(CLIENT, *python, host, "80", HASTY, "40", "10")
        statuses: dict[str, int] = json.loads(done.stdout)
        return statuses


CALLERS = {"sidecar": "client", "stranger": "stranger"}
NOT_IN_MESH = UNMESHED[1:-1]
APPS = (
    ("told", "", ""),
    ("bare", NOT_IN_MESH, ""),
    ("hasty", "", HASTY),
    ("hasty-bare", NOT_IN_MESH, HASTY),
)


@pytest.fixture(scope="module")
def wire(lab: Lab) -> Wire:
    """An application that tells what reached it, with and without a proxy of its own."""
    lab.home.mkdir(exist_ok=True)
    return Wire(lab)


def request(*lines: str, host: str = "told", end: str = "close", body: str = "") -> str:
    """A request; it asks for the connection to end unless `end` says otherwise."""
    head = (lines[0], f"Host: {host}", f"Connection: {end}", *lines[1:])
    return "\r\n".join(head) + "\r\n\r\n" + body


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("name", ["TLS/1.2", "TLS/1.2, TLS/1.3", "h2c", "made-up", "tcpish"])
def test_an_upgrade_that_nobody_carries_is_passed_by(wire: Wire, road: str, name: str) -> None:
    """Some clients ask with every request; without a mesh the server would just answer."""
    came = wire.say(
        road, request("GET /x HTTP/1.1", f"Upgrade: {name}", host=road, end="Upgrade, close")
    )
    assert came.startswith("HTTP/1.1 200 OK")
    assert "GET /x HTTP/1.1" in came
    assert "upgrade" not in came.lower()


def test_a_request_with_a_body_keeps_it_beside_an_upgrade(wire: Wire) -> None:
    """Apache's client asks for TLS/1.2 with its POSTs too."""
    lines = ("POST / HTTP/1.1", "Upgrade: TLS/1.2", "Transfer-Encoding: chunked")
    came = wire.say("told", request(*lines, end="Upgrade, close", body="3\r\nabc\r\n0\r\n\r\n"))
    assert came.startswith("HTTP/1.1 200 OK")


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("name", ["websocket", "WebSocket", "SPDY/3.1", "tcp", "h2c, websocket"])
def test_tunnels_are_carried(wire: Wire, road: str, name: str) -> None:
    """What turns a connection into something else goes on working, for as long as it lasts."""
    asked = request("GET /tunnel HTTP/1.1", f"Upgrade: {name}", host=road, end="Upgrade")
    came = wire.say(road, asked, "over and over")
    assert came.startswith("HTTP/1.1 101")
    assert came.endswith("over and over")


@pytest.mark.parametrize("road", ROADS)
def test_trailers_pass_both_ways(wire: Wire, road: str) -> None:
    """HTTP/1.1 trailers, as checksums of uploads need them, with the first call to a host too."""
    lines = (
        "POST /trailers HTTP/1.1",
        "TE: trailers",
        "Trailer: X-In",
        "Transfer-Encoding: chunked",
    )
    body = "3\r\nabc\r\n0\r\nX-In: 7\r\n\r\n"
    for host in (road, f"{road}.never.called.example"):
        came = wire.say(road, request(*lines, host=host, body=body)).lower()
        assert "x-in: 7" in came
        assert "x-sum: 42" in came


@pytest.mark.parametrize("road", ROADS)
def test_answers_ahead_of_the_answer_pass(wire: Wire, road: str) -> None:
    """100 for who expects it, 103 for who reads it."""
    hinted = wire.say(road, request("GET /hints HTTP/1.1", host=road))
    assert hinted.index("HTTP/1.1 103") < hinted.index("HTTP/1.1 200")
    lines = ("POST / HTTP/1.1", "Expect: 100-continue", "Content-Length: 3")
    came = wire.say(road, request(*lines, host=road), "abc")
    assert came.startswith("HTTP/1.1 100")
    assert "HTTP/1.1 200" in came


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("method", ["PURGE", "PROPFIND", "M-SEARCH", "FOO", "QUERY"])
def test_a_method_is_the_application_s_affair(wire: Wire, road: str, method: str) -> None:
    """Methods that no list holds reach it, by a gateway too."""
    lines = (f"{method} /x HTTP/1.1", "Content-Type: text/plain")
    assert f"{method} /x HTTP/1.1" in wire.say(road, request(*lines, host=road))


@pytest.mark.parametrize("road", ["told", "bare"])
def test_connect_asks_the_proxy_that_was_dialled(wire: Wire, road: str) -> None:
    """A forward proxy in the mesh is one to its callers."""
    asked = "CONNECT far.example:443 HTTP/1.1\r\nHost: far.example:443\r\n\r\n"
    came = wire.say(road, asked, "over and over")
    assert came.startswith("HTTP/1.1 200")
    assert came.endswith("over and over")
    told = wire.lab.json("explain", "--from", CLIENT, "-X", "CONNECT", f"http://{road}/")
    assert [each["service"] for each in told["backends"]] == [f"{road}.default.svc.cluster.local"]


def test_what_no_proxy_carries(wire: Wire) -> None:
    """A gateway is nobody's forward proxy, and Envoy answers `OPTIONS *` itself."""
    asked = "CONNECT far.example:443 HTTP/1.1\r\nHost: far.example:443\r\n\r\n"
    assert wire.say("gateway", asked).split()[1] in ("403", "404")
    for road in ROADS:
        came = wire.say(road, request("OPTIONS * HTTP/1.1", host=road))
        assert came.startswith("HTTP/1.1 404")


@pytest.mark.parametrize("road", ROADS)
def test_http_1_0_needs_no_host(wire: Wire, road: str) -> None:
    """It never had to say one; with one it is routed as everything else is."""
    assert wire.say(road, f"GET /x HTTP/1.0\r\nHost: {road}\r\n\r\n").startswith("HTTP/1.0 200")


def test_a_gateway_takes_http_1_0_without_a_host(wire: Wire) -> None:
    """To whoever takes any host."""
    assert wire.say("gateway", "GET /x HTTP/1.0\r\n\r\n").startswith("HTTP/1.0 200")


@pytest.mark.parametrize("road", ["told", "bare"])
def test_heads_may_be_as_large_as_without_a_mesh(wire: Wire, road: str) -> None:
    """Many headers, long ones, empty ones and repeated ones."""
    many = tuple(f"X-{number}: a" for number in range(500))
    assert "x-499: a" in wire.say(road, request("GET / HTTP/1.1", *many, host=road))
    long = wire.say(road, request("GET / HTTP/1.1", "X-Long: " + "a" * 100_000, host=road))
    assert "a" * 100_000 in long
    odd = wire.say(road, request("GET / HTTP/1.1", "X-None:", "X-Two: 1", "X-Two: 2", host=road))
    assert [line for line in odd.splitlines() if line.startswith(("x-none", "x-two"))] == [
        "x-none: ",
        "x-two: 1",
        "x-two: 2",
    ]


@pytest.mark.parametrize("host", ["hasty", "hasty-bare"])
def test_no_post_is_lost_to_a_server_that_closes_what_rests(wire: Wire, host: str) -> None:
    """Its proxy, or the caller's where it has none, lets go of the connection first."""
    assert wire.post_pausing(host) == {"200": 400}


@pytest.mark.parametrize(("road", "name"), sorted(REACHED))
def test_an_application_gets_the_version_that_is_right(wire: Wire, road: str, name: str) -> None:
    """Its caller's, unless its port says HTTP/2, a gateway stands between, or proxies upgrade."""
    options = ("--http1.1", "--http2-prior-knowledge")
    found = tuple(wire.version_reached(road, name, option) for option in options)
    assert found == REACHED[road, name]


@pytest.mark.parametrize("path", ["once", "late-once"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_http_route_tries_connection_errors_again(wire: Wire, path: str, method: str) -> None:
    """An application that drops the connection, or stays silent, is asked again: for every method,
    though its own proxy answers the caller's with 503."""
    came = wire.lab.curl(CLIENT, f"http://again/{path}/{method}", "-X", method, "-D", "-")
    assert "200" in came.splitlines()[0]
    assert f"{method} /{path}/{method} HTTP/1.1" in came


def test_without_a_retry_of_its_own_a_post_is_not_repeated(wire: Wire) -> None:
    """The mesh's default repeats no POST that may have arrived; the mark stays between proxies."""
    came = wire.lab.curl(CLIENT, "http://told/once/default", "-X", "POST", "-D", "-")
    assert "503" in came.splitlines()[0]
    assert "x-gossamer" not in came


def test_a_consumer_s_route_leads_back_to_its_parent(wire: Wire) -> None:
    """Its callers were on their way there; no grant is needed for that."""
    came = wire.lab.curl("deploy/guest", "http://again.default/", "-D", "-", ns="guests")
    assert "200" in came.splitlines()[0]
    assert "x-by: guests" in came
