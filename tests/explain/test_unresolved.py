"""A name that resolves nowhere is not a call to the outside: nothing is ever sent."""

from __future__ import annotations

import pytest

from gossamer.explain.report.explanation import Verdict
from tests.explain.explained import small_mesh

ELSEWHERE = """
apiVersion: v1
kind: Service
metadata: {name: billing, namespace: shop}
spec: {ports: [{name: http, port: 80}], selector: {app: billing}}
"""
ALIAS = """
apiVersion: v1
kind: Service
metadata: {name: db, namespace: default}
spec: {type: ExternalName, externalName: %s}
"""
HEADLESS = """
apiVersion: v1
kind: Service
metadata: {name: peers, namespace: default}
spec: {clusterIP: None, ports: [{name: http, port: 80}], selector: {app: nobody-has-it}}
"""


@pytest.mark.parametrize("by", ["default/client", "default/plain"])
@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("http://reviewz:9080/", "did you mean reviews?"),
        ("tcp://review:3306", "did you mean reviews?"),
        ("http://reviews.defaul.svc.cluster.local:9080/", "did you mean reviews?"),
        ("http://billing/", "did you mean billing.shop?"),
        ("http://billing.default.svc/", "did you mean billing.shop?"),
        ("http://no-such-thing-anywhere/", ""),
    ],
)
def test_a_name_that_nobody_has_is_said_to_resolve_nowhere(by: str, url: str, hint: str) -> None:
    """With or without a proxy: the verdict says it, and the near name is named once."""
    found = small_mesh(ELSEWHERE).call(url, by=by)
    assert found.verdict is Verdict.UNRESOLVED
    assert found.status is None
    assert found.backends == ()
    (hop,) = found.hops
    assert "resolves nowhere" in hop.says
    assert hint in hop.says
    assert ("did you mean" in hop.says) is bool(hint)


def test_a_name_with_a_domain_may_exist_outside() -> None:
    """Only a resolver there knows; one that looks like a Service gets the hint all the same."""
    mesh = small_mesh(ELSEWHERE)
    assert mesh.call("http://api.example.com/").verdict is Verdict.PASSTHROUGH
    assert "did you mean" not in mesh.call("http://reviews.example.com/").hops[0].says
    near = mesh.call("http://billing.shopp/")
    assert near.verdict is Verdict.PASSTHROUGH
    assert "did you mean billing.shop?" in near.hops[0].says


def test_an_alias_is_judged_by_where_it_leads() -> None:
    """An ExternalName may lead to the outside, or to a service that is not there."""
    assert small_mesh(ALIAS % "db.example.com").call("tcp://db:5432").verdict is Verdict.PASSTHROUGH
    gone = small_mesh(ALIAS % "gone.default.svc.cluster.local").call("tcp://db:5432")
    assert gone.verdict is Verdict.UNRESOLVED


def test_a_headless_service_without_a_pod_has_no_address() -> None:
    """It is declared, so the reason is another one: nobody is behind it."""
    found = small_mesh(HEADLESS).call("http://peers/")
    assert found.verdict is Verdict.UNRESOLVED
    assert "headless without a ready pod" in found.hops[0].says
