"""Tokens on real Envoys: at a workload and at a gateway, with keys that the plane fetches."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.e2e.issuers import Issuers, serving_issuers
from tests.e2e.lab_under_test import Lab, until
from tests.e2e.small_mesh import CLIENT, service, workload
from tests.signing import Signer, key_set

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

OLD, NEW, STRANGER = Signer("old"), Signer("new"), Signer("old")
MESH = (
    CLIENT
    + workload("web")
    + service("web")
    + """---
apiVersion: v1
kind: Service
metadata: {name: istio-ingressgateway, namespace: istio-system}
spec:
  type: LoadBalancer
  selector: {istio: ingressgateway}
  ports: [{name: http, port: 80}]
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: front}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: [shop.example]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop}
spec:
  hosts: [shop.example]
  gateways: [front]
  http:
  - match: [{headers: {"@request.auth.claims.realm.roles": {exact: editor}}}]
    fault: {abort: {httpStatus: 418, percentage: {value: 100}}}
    route: [{destination: {host: web}}]
  - match: [{headers: {"@request.auth.claims.scope": {exact: write}}}]
    directResponse: {status: 203}
  - match: [{withoutHeaders: {"@request.auth.claims.sub": {}}}]
    directResponse: {status: 403}
  - route: [{destination: {host: web}}]
"""
)
RULES = """---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {{name: tokens, namespace: {namespace}}}
spec:
  selector: {{matchLabels: {labels}}}
  jwtRules:
  - issuer: {issuer}
    jwksUri: {url}/keys
    forwardOriginalToken: {forward}
    outputClaimToHeaders: [{{header: x-user, claim: sub}}]
"""
TROUBLE = """
  - {{issuer: slow, jwksUri: '{url}/slow', timeout: 1s, fromHeaders: [{{name: x-slow}}]}}
  - {{issuer: huge, jwksUri: '{url}/huge', fromHeaders: [{{name: x-huge}}]}}
  - {{issuer: moved, jwksUri: '{url}/moved', fromHeaders: [{{name: x-moved}}]}}
  - {{issuer: inside, jwksUri: 'http://10.0.0.1/', fromHeaders: [{{name: x-inside}}]}}
"""
DEMAND = """
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: demand}
spec:
  selector: {matchLabels: {app: web}}
  rules:
  - from: [{source: {requestPrincipals: ["https://issuer.example/*"]}}]
    when: [{key: "request.auth.claims[realm][roles]", values: [editor]}]
"""


@pytest.fixture(scope="module")
def issuers() -> Iterator[Issuers]:
    with serving_issuers() as served:
        good = key_set(OLD.jwk())
        served.answers = {
            "/keys": (200, good),
            "/huge": (200, good + " " * 300_000),
            "/moved": (302, "/keys"),
        }
        yield served


@pytest.fixture(scope="module")
def door(lab: Lab, issuers: Issuers) -> str:
    """The URL of the gateway of a lab: a client, a web that takes tokens, a gateway that routes by
    them."""
    lab.env = {"GOSSAMER_JWKS_ALLOW": "127.0.0.0/8", "GOSSAMER_JWKS_REFRESH": "1s"}
    url = issuers.url("")
    here = {"issuer": OLD.issuer, "url": url}
    web = RULES.format(namespace="default", labels="{app: web}", forward="false", **here)
    front = RULES.format(
        namespace="istio-system", labels="{istio: ingressgateway}", forward="true", **here
    )
    url = lab.up_text(MESH + web + TROUBLE.format(url=url) + front)["gateways"][0]["url"]
    return str(url)


@pytest.fixture(scope="module")
def mesh(lab: Lab, door: str) -> Lab:
    assert door
    return lab


def status(lab: Lab, token: str = "", header: str = "Authorization: Bearer ") -> int:
    """How web answers a client with this token."""
    words = ("-H", f"{header}{token}") if token else ()
    return lab.status_of("deploy/client", "http://web/status/200", *words)


def entering(door: str, token: str = "") -> int:
    """How the gateway answers."""
    place = urlsplit(door)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=10)
    headers = {"Host": "shop.example", **({"Authorization": f"Bearer {token}"} if token else {})}
    connection.request("GET", "/status/200", headers=headers)
    answer = connection.getresponse()
    connection.close()
    return answer.status


def source(lab: Lab, issuers: Issuers) -> dict[str, object]:
    """What the plane says of the good issuer's keys."""
    sources = lab.json("status")["plane"]["sources"]
    shape: dict[str, object] = sources[f"jwks/{issuers.url('/keys')}"]
    return shape


def test_tokens_are_checked_where_calls_arrive(mesh: Lab) -> None:
    """A good one passes with its claim as a header, a wrong one is 401, none passes."""
    until(lambda: status(mesh, OLD.token()) == 200)
    assert status(mesh) == 200
    assert status(mesh, STRANGER.token()) == 401
    assert status(mesh, OLD.token(exp=1)) == 401
    assert status(mesh, STRANGER.token(), "authorization: bearer ") == 401
    words = ("-H", f"Authorization: Bearer {OLD.token()}", "-H", "x-user: root")
    seen = mesh.curl("deploy/client", "http://web/headers", *words).lower()
    assert '"joe"' in seen
    assert "root" not in seen
    assert "bearer" not in seen
    assert "root" not in mesh.curl("deploy/client", "http://web/headers", "-H", "x-user: root")


def test_an_issuer_in_trouble_is_its_own_problem(mesh: Lab) -> None:
    """Slow, huge, redirecting, or inside: its tokens are refused, the others' are taken, and each
    is told with its line."""
    until(lambda: len(told(mesh)) == 4)
    assert status(mesh, OLD.token()) == 200
    for name in ("slow", "huge", "moved", "inside"):
        assert status(mesh, Signer("old", name, OLD.key).token(), f"x-{name}: ") == 401
    words = " ".join(each["message"] for each in told(mesh))
    for part in ("within 1 s", "longer than", "redirects", "10.0.0.1, a private address"):
        assert part in words
    assert all(each["line"] and each["field"].startswith("spec.jwtRules") for each in told(mesh))


def told(lab: Lab) -> list[dict[str, str]]:
    """The findings on keys that cannot be fetched."""
    findings = lab.json("analyze", "--live", ok=False)
    return [each for each in findings if each["code"] == "unfetched-jwks"]


def test_a_gateway_routes_by_claims(door: str) -> None:
    """Nested ones and words of a list; a fault of such a route too; no token, no claim."""
    until(lambda: entering(door, OLD.token()) == 200)
    assert entering(door) == 403
    assert entering(door, OLD.token(realm={"roles": ["reader", "editor"]})) == 418
    assert entering(door, OLD.token(scope="read write")) == 203
    assert entering(door, OLD.token(scope="read")) == 200
    assert entering(door, STRANGER.token(scope="read write")) == 401


def test_policies_ask_for_tokens_and_claims(mesh: Lab) -> None:
    """Authorization reads what the filter in front of it found."""
    mesh.apply(DEMAND)
    until(lambda: status(mesh) == 403)
    assert status(mesh, OLD.token()) == 403
    assert status(mesh, OLD.token(realm={"roles": ["editor"]})) == 200
    assert status(mesh, STRANGER.token(realm={"roles": ["editor"]})) == 401
    mesh.delete(DEMAND)
    until(lambda: status(mesh) == 200)


def test_explain_says_what_the_proxies_do(mesh: Lab) -> None:
    """The same answer, and the rule that decided it."""
    for token, verdict, code in (
        (OLD.token(), "routed", None),
        (STRANGER.token(), "denied", 401),
        (OLD.token(exp=None), "denied", 401),
    ):
        words = ("-H", f"Authorization: Bearer {token}", "http://web/status/200")
        shape = mesh.json("explain", "--from", "deploy/client", *words)
        assert (shape["verdict"], shape["status"]) == (verdict, code)
        places = [each for each in shape["because"] if each["field"] == "spec.jwtRules[0]"]
        assert places[0]["object"] == "RequestAuthentication default/tokens"


def test_a_key_is_rotated_without_a_refusal(mesh: Lab, issuers: Issuers) -> None:
    """Old and new tokens pass while both keys are published; the old one ends with its key."""
    issuers.answers["/keys"] = (200, key_set(OLD.jwk(), NEW.jwk()))
    until(lambda: status(mesh, NEW.token()) == 200)
    assert status(mesh, OLD.token()) == 200
    issuers.answers["/keys"] = (200, key_set(NEW.jwk()))
    until(lambda: status(mesh, OLD.token()) == 401)
    assert status(mesh, NEW.token()) == 200


def test_the_last_good_keys_outlive_issuer_and_plane(mesh: Lab, issuers: Issuers) -> None:
    """A dead issuer and a restarted plane refuse no good token; status says since when."""
    issuers.answers["/keys"] = (500, "")
    until(lambda: source(mesh, issuers).get("problem"))
    mesh.run("plane", "stop", "--name", mesh.name)
    mesh.run("plane", "start", "--name", mesh.name)
    until(lambda: "500" in str(source(mesh, issuers).get("problem")))
    assert source(mesh, issuers)["facts"] == 1
    assert status(mesh, NEW.token()) == 200
    assert status(mesh, STRANGER.token()) == 401
