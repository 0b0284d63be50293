"""What an API server refuses of a pod, beyond misspelt fields, is an error here too."""

from __future__ import annotations

import pytest

from gossamer.model.finding import Severity
from tests.findings.test_finding_pages import analyzed


def pod(container: str = "", more: str = "") -> str:
    """A Pod with one container."""
    extra = f", {container}" if container else ""
    return (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: one}\n"
        f"spec: {{{more}containers: [{{name: app, image: curlimages/curl{extra}}}]}}\n"
    )


def owned(kind: str, more: str) -> str:
    """An object that makes pods, with this in their spec."""
    group = "batch/v1" if kind == "Job" else "apps/v1"
    selector = "" if kind == "Job" else "selector: {matchLabels: {app: a}}, "
    return (
        f"apiVersion: {group}\nkind: {kind}\nmetadata: {{name: one}}\nspec: {{{selector}template: "
        "{metadata: {labels: {app: a}}, "
        f"spec: {{{more}containers: [{{name: app, image: curlimages/curl}}]}}}}}}\n"
    )


TWO = "readinessProbe: {httpGet: {port: 80}, tcpSocket: {port: 80}}"
WRONG = {
    "no way to probe": (pod("livenessProbe: {periodSeconds: 1}"), "missing-field", "livenessProbe"),
    "two ways to probe": (pod(TWO), "invalid-field", "tcpSocket"),
    "a volume twice": (
        pod(more="volumes: [{name: a, emptyDir: {}}, {name: a, emptyDir: {}}], "),
        "duplicate-name",
        "volumes[1].name",
    ),
    "a word that there is not": (pod(more="restartPolicy: always, "), "unknown-value", "restart"),
    "a Deployment that ends": (
        owned("Deployment", "restartPolicy: Never, "),
        "unknown-value",
        "restartPolicy",
    ),
    "a Job that never ends": (owned("Job", ""), "unknown-value", "restartPolicy"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_refused_is_an_error(name: str) -> None:
    """At its field, with what may stand there."""
    text, code, field = WRONG[name]
    told = [each for each in analyzed(text) if each.severity is Severity.ERROR]
    assert [each.code for each in told] == [code]
    assert field in told[0].origin.field


@pytest.mark.parametrize(
    "text",
    [
        pod("readinessProbe: {grpc: {port: 80}}"),
        pod(more="restartPolicy: Never, "),
        owned("StatefulSet", ""),
        owned("Job", "restartPolicy: OnFailure, "),
    ],
)
def test_what_is_right_is_not(text: str) -> None:
    """Defaults, and each kind's own words."""
    assert [each for each in analyzed(text) if each.severity is Severity.ERROR] == []
