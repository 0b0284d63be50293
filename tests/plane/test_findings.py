"""Findings over the whole mesh: they follow every change, and cost only what it reached."""

from __future__ import annotations

from typing import Any

import pytest

from gossamer.compile.checks.table import check
from gossamer.model.observed import observed_pods
from gossamer.model.workload.labels import labels
from gossamer.model.workload.pod import Pod, ProxyRole
from gossamer.plane.findings import findings
from gossamer.plane.pipeline import Pipeline
from gossamer.store.document import Document, DocumentKey
from tests.plane.rooted_pipeline import rooted_pipeline


def service(name: str) -> str:
    return f"""
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec: {{selector: {{app: {name}}}, ports: [{{name: http, port: 80}}]}}
"""


def routed(name: str, to: str) -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: {name}}}
spec:
  hosts: [{name}]
  http:
  - route: [{{destination: {{host: {to}}}}}]
"""


def put(pipeline: Pipeline, text: str, at_line: int = 1) -> None:
    kind, name = text.split("kind: ")[1].split("\n")[0], text.split("name: ")[1].split("}")[0]
    group = "networking.istio.io/" if kind == "VirtualService" else ""
    key = DocumentKey(f"{group}{kind}", "default", name)
    document = Document(key, text.encode(), "mesh.yaml", line=at_line)
    pipeline.absorb({key: document})


def told(pipeline: Pipeline) -> set[tuple[str, str]]:
    return {(str(f.origin.object), f.code) for f in pipeline.findings()}


def test_a_finding_goes_when_what_was_missing_comes() -> None:
    """A dangling host is named while it dangles, and no longer."""
    pipeline = rooted_pipeline()
    put(pipeline, service("web"))
    put(pipeline, routed("web", "shop"))
    assert ("VirtualService default/web", "dangling-host") in told(pipeline)
    put(pipeline, service("shop"))
    assert ("VirtualService default/web", "dangling-host") not in told(pipeline)


def test_a_finding_comes_when_what_was_there_goes() -> None:
    """Removing a service names the routes that still send to it."""
    pipeline = rooted_pipeline()
    for text in (service("web"), service("shop"), routed("web", "shop")):
        put(pipeline, text)
    assert "dangling-host" not in {code for _, code in told(pipeline)}
    pipeline.absorb({DocumentKey("Service", "default", "shop"): None})
    assert ("VirtualService default/web", "dangling-host") in told(pipeline)


def test_a_withdrawn_object_leaves_no_finding() -> None:
    """Nobody hears of objects that are gone."""
    pipeline = rooted_pipeline()
    put(pipeline, routed("web", "shop"))
    assert told(pipeline)
    pipeline.absorb({DocumentKey("networking.istio.io/VirtualService", "default", "web"): None})
    assert told(pipeline) == set()


def test_a_moved_line_moves_the_finding() -> None:
    """The same text further down is pointed at where it stands now, and pushes nothing."""
    pipeline = rooted_pipeline()
    put(pipeline, routed("web", "shop"))
    before = [finding.origin.line or 0 for finding in pipeline.findings()]
    turn = pipeline.turn
    put(pipeline, routed("web", "shop"), at_line=11)
    after = [finding.origin.line for finding in pipeline.findings()]
    assert before
    assert after == [line + 10 for line in before]
    assert pipeline.turn == turn


def test_a_change_checks_again_only_what_looked_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 50 routes one pod concerns those to its service alone."""
    checked: list[str] = []

    def noted(mesh: Any, contribution: Any) -> Any:
        checked.append(str(contribution.object))
        return check(mesh, contribution)

    pipeline = rooted_pipeline()
    for number in range(50):
        put(pipeline, service(f"s{number}"))
        put(pipeline, routed(f"s{number}", f"s{number}"))
    pipeline.findings()
    monkeypatch.setattr(findings, "check", noted)
    address = ("10.244.0.2",)
    pod = Pod("default", "p", "s7", address, labels({"app": "s7"}), role=ProxyRole.SIDECAR)
    pipeline.advance({}, observed_pods([pod]))
    told_now = told(pipeline)
    assert checked == ["Service default/s7"]
    assert ("Service default/s7", "selector-matches-nothing") not in told_now
    assert ("Service default/s8", "selector-matches-nothing") in told_now
