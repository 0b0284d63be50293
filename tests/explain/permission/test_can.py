"""May one call the other, asked of the compiled filters of a mesh out of files."""

from __future__ import annotations

import pytest

from gossamer.explain.authorization.truth import Unknown
from gossamer.explain.permission.can import AskedCall, can
from gossamer.explain.permission.shaping import can_shape
from gossamer.explain.walk.call import BadCall
from tests.explain.permission_mesh import teams_mesh

BY_HOST = """
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: by-host, namespace: team-b}
spec:
  selector: {matchLabels: {app: open}}
  rules: [{to: [{operation: {hosts: [open.example]}}]}]
"""
MESH = teams_mesh(BY_HOST)
READERS = "AuthorizationPolicy team-b/billing-readers"

ASKED = [
    ("team-a/web", "team-b/billing", AskedCall("GET", "/anything/x"), True),
    ("team-a/web", "svc/team-b/billing", AskedCall("GET", "/anything/x"), True),
    ("sa/team-a/web", "team-b/billing", AskedCall("GET", "/anything/x"), True),
    ("team-a/batch", "team-b/billing", AskedCall("GET", "/anything/x"), False),
    ("team-a/plain", "team-b/billing", AskedCall("GET", "/anything/x"), False),
    ("outside", "team-b/billing", AskedCall("GET", "/anything/x"), False),
    ("team-a/web", "team-b/billing", AskedCall("PUT", "/anything/x"), False),
    ("team-a/web", "team-b/billing", AskedCall("GET", "/anything/secret"), False),
    ("team-a/plain", "team-b/ledger", AskedCall(), False),
    ("team-a/web", "team-b/ledger", AskedCall(), True),
    ("team-b/ledger", "team-a/web", AskedCall(port=80), True),
    ("team-a/web", "team-a/plain", AskedCall(port=80), True),
    ("team-a/web", "team-c/echo", AskedCall(), True),
    ("team-a/batch", "team-c/echo", AskedCall(), False),
    ("outside", "svc/team-c/echo", AskedCall(), False),
    ("team-a/web", "team-b/open", AskedCall(host="open.example"), True),
    ("team-a/web", "team-b/open", AskedCall(host="open.example:8000"), True),
    ("team-a/web", "team-b/open", AskedCall(host="other.example"), False),
]


@pytest.mark.parametrize(("source", "destination", "asked", "allowed"), ASKED)
def test_answers(source: str, destination: str, asked: AskedCall, allowed: bool) -> None:
    """Workloads, services, accounts, pods without a proxy and outsiders, one by one."""
    assert can(MESH, source, destination, asked).allowed is allowed


def test_what_nobody_said_is_not_guessed() -> None:
    """A policy about hosts cannot be told without the Host header, and the answer says so."""
    answer = can(MESH, "team-a/web", "team-b/open", AskedCall())
    assert isinstance(answer.allowed, Unknown)
    shape = can_shape(answer)
    assert shape.allowed is None
    assert "the Host header" in shape.reason
    assert [place.object for place in shape.ports[0].because] == [
        "AuthorizationPolicy team-b/by-host"
    ]


BY_TOKEN = """
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: by-token, namespace: team-b}
spec:
  selector: {matchLabels: {app: ledger}}
  rules: [{from: [{source: {requestPrincipals: ["*"]}}]}]
"""
ISSUER = """
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: issuer, namespace: team-b}
spec:
  selector: {matchLabels: {app: ledger}}
  jwtRules:
  - issuer: me
    jwks: '{"keys": [{"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"}]}'
"""


def test_a_token_that_nobody_checks_is_no_identity() -> None:
    """Without a RequestAuthentication no token gives a principal; with one a bad token is 401."""
    shown = AskedCall(headers=(("authorization", "Bearer x"),))
    unchecked, checked = teams_mesh(BY_TOKEN), teams_mesh(BY_TOKEN, ISSUER)
    for asked in (shown, AskedCall()):
        assert can(unchecked, "team-a/web", "team-b/ledger", asked).allowed is False
    refused = can_shape(can(checked, "team-a/web", "team-b/ledger", shown))
    assert (refused.ports[0].allowed, refused.ports[0].status) == (False, 401)


def test_the_deciding_place() -> None:
    """Policy, rule and line; where none let the call in, all that might have."""
    shape = can_shape(can(MESH, "team-a/web", "team-b/billing", AskedCall("GET", "/anything/x")))
    assert (shape.by.object, shape.by.field) == (READERS, "spec.rules[0]")
    assert shape.by.line is not None
    lacking = can_shape(can(MESH, "team-a/batch", "team-b/billing", AskedCall("GET", "/x")))
    assert lacking.reason == f"no rule of {READERS} lets it in"
    assert lacking.by.object == READERS


def test_other_requests_may_be_answered_otherwise() -> None:
    """A GET of / that nobody asked for is not taken for every request."""
    assert can_shape(can(MESH, "team-a/web", "team-b/billing", AskedCall())).other_requests
    said = AskedCall("GET", "/anything/x")
    assert not can_shape(can(MESH, "team-a/web", "team-b/billing", said)).other_requests


def test_mtls_is_an_answer() -> None:
    """Plaintext that a STRICT workload refuses is denied because of its PeerAuthentication."""
    shape = can_shape(can(MESH, "outside", "team-b/ledger", AskedCall()))
    assert shape.allowed is False
    assert "accepts no plaintext" in shape.reason
    assert shape.by.object == "PeerAuthentication team-b/ledger"


@pytest.mark.parametrize(
    ("source", "destination", "words"),
    [
        ("team-a/webb", "team-b/billing", "did you mean team-a/web"),
        ("team-a/nobody-near", "team-b/billing", "gossamer get pods"),
        ("sa/web", "team-b/billing", "names no service account"),
        ("team-a/web", "svc/team-b/nothing", "there is no service nothing"),
        ("team-a/web", "team-a/batch", "say --port"),
    ],
)
def test_names_of_nothing(source: str, destination: str, words: str) -> None:
    """Who is meant by a name is said, or what to write."""
    with pytest.raises(BadCall, match=words):
        can(MESH, source, destination, AskedCall())


def test_a_port_that_a_service_has_not() -> None:
    """The error names the port."""
    with pytest.raises(BadCall, match="no port 81"):
        can(MESH, "team-a/web", "svc/team-b/billing", AskedCall(port=81))
