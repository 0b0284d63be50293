"""Dry runs are notes beside a decision, and what an external service decides is not guessed."""

from __future__ import annotations

import pytest

from gossamer.explain.authorization.truth import Unknown
from gossamer.explain.permission.can import AskedCall, can
from gossamer.explain.permission.shaping import can_shape
from tests.explain.explained import small_mesh
from tests.explain.permission_mesh import teams_mesh

TRIAL = """
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata:
  name: trial-{name}
  namespace: team-b
  annotations: {{istio.io/dry-run: "true"}}
spec:
  selector: {{matchLabels: {{app: open}}}}
  action: {action}
  rules: [{{to: [{{operation: {{paths: ["/only*"]}}}}]}}]
"""
AUDIT = """
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: noted, namespace: team-b}
spec:
  selector: {matchLabels: {app: open}}
  action: AUDIT
  rules: [{}]
"""
CUSTOM = """
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: |
    extensionProviders:
    - name: authorizer
      envoyExtAuthzGrpc: {service: reviews.default.svc.cluster.local, port: 9080}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: checked, namespace: default}
spec:
  selector: {matchLabels: {app: reviews}}
  action: CUSTOM
  provider: {name: authorizer}
  rules: [{to: [{operation: {paths: ["/admin*"]}}]}]
"""
FORBIDDEN = """
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: forbidden, namespace: default}
spec: {action: DENY, rules: [{to: [{operation: {paths: ["/admin/never"]}}]}]}
"""


@pytest.mark.parametrize(
    ("action", "path", "note"),
    [
        (
            "DENY",
            "/only",
            "in a dry run AuthorizationPolicy team-b/trial-deny rule 0 would refuse it",
        ),
        ("DENY", "/other", None),
        ("ALLOW", "/other", "in a dry run no rule would let it in"),
        ("ALLOW", "/only", None),
    ],
)
def test_a_dry_run_is_a_note(action: str, path: str, note: str | None) -> None:
    """It says what would become of the call, and decides nothing."""
    mesh = teams_mesh(TRIAL.format(name=action.lower(), action=action))
    shape = can_shape(can(mesh, "team-a/web", "team-b/open", AskedCall("GET", path)))
    assert shape.allowed is True
    assert shape.reason == "no policy speaks of team-b/open, so everybody is let in"
    assert shape.ports[0].dry_run == ([note] if note else [])


def test_an_audit_decides_nothing() -> None:
    """What is noted is let in all the same, and by nobody."""
    shape = can_shape(can(teams_mesh(AUDIT), "team-a/web", "team-b/open", AskedCall("GET", "/x")))
    assert (shape.allowed, shape.ports[0].rule) == (True, "")


def test_an_external_answer_is_not_guessed() -> None:
    """Who is asked about decides outside of the mesh; all other calls go on."""
    mesh = small_mesh(CUSTOM, FORBIDDEN).mesh
    asked = can(mesh, "default/client", "default/reviews-v1", AskedCall("GET", "/admin", port=9080))
    assert asked.allowed == Unknown("the answer of the external authorizer")
    others = can(mesh, "default/client", "default/reviews-v1", AskedCall("GET", "/x", port=9080))
    assert others.allowed is True


def test_a_refusal_stays_one_whatever_an_external_service_says() -> None:
    """A DENY behind it refuses in any case."""
    mesh = small_mesh(CUSTOM, FORBIDDEN).mesh
    call = AskedCall("GET", "/admin/never", port=9080)
    assert can(mesh, "default/client", "default/reviews-v1", call).allowed is False


def test_explain_says_both() -> None:
    """The hop of a dry run, and that it cannot be told what an authorizer answers."""
    told = small_mesh(CUSTOM).call("http://reviews:9080/admin")
    assert any("the answer of the external authorizer" in hop.says for hop in told.hops)
    (hop, *_) = [each for each in told.hops if each.step == "authorization"]
    assert {place.object.name for place in hop.because} == {"checked"}
