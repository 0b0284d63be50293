"""Promises and suggestions in a lab: what is shown gets through, and what was seen is let in.

One lab: a web, a client that calls it, and another that does not yet.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.lab_under_test import Lab, answers, until
from tests.e2e.written import deployment, service, sleeper

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

URL = "http://web/status/200"
SHOP = deployment("web") + service("web") + sleeper("client") + sleeper("other")
ONLY = "only default/client to default/web"
DRY_RUN = '  annotations: {istio.io/dry-run: "true"}\nspec:'
EVERYBODY = """
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: everybody, namespace: default}
spec: {selector: {matchLabels: {app: web}}, rules: [{}]}
"""


@pytest.fixture(scope="module")
def suggestion(lab: Lab) -> str:
    """What is suggested once the client's call was seen, and nobody else's."""
    lab.up_text(SHOP)
    assert lab.status_of("deploy/client", URL) == 200
    until(lambda: _seen(lab))
    return suggestion_of(lab, "--since", "2000")


@pytest.fixture(scope="module")
def mesh(lab: Lab, suggestion: str) -> Lab:
    """The lab, with that in hand."""
    return lab


def _seen(lab: Lab) -> list[Any]:
    return [row for row in lab.json("mtls", "web")["calls"] if row["source"] == "default/client"]


def proof(lab: Lab, promise: str) -> dict[str, Any]:
    """What becomes of a promise in the lab."""
    (answer,) = lab.json("prove", promise, ok=False)
    assert isinstance(answer, dict)
    return answer


def suggestion_of(lab: Lab, *words: str) -> str:
    """The policies of the default namespace as YAML."""
    return lab.run("policy", "suggest", "-n", "default", *words, "--name", lab.name).stdout


def test_a_call_that_breaks_a_promise_gets_through(mesh: Lab) -> None:
    """The shown call is made, as it is shown, and a real Envoy lets it in."""
    answer = proof(mesh, "no default/other to default/web port 8080 POST /anything*")
    assert answer["outcome"] == "broken"
    call = answer["call"]
    assert (call["source"], call["port"], call["method"]) == ("default/other", 8080, "POST")
    url = f"http://web{call['path']}"
    assert mesh.status_of("deploy/other", url, "-X", call["method"]) == 200


def test_suggested_policies_enforce_what_was_seen(mesh: Lab, suggestion: str) -> None:
    """As a shadow nothing changes; applied, the promise holds and others are refused."""
    mesh.apply(suggestion.replace("spec:", DRY_RUN))
    until(lambda: _would_refuse_other(mesh))
    assert proof(mesh, ONLY)["outcome"] == "broken"
    assert "istio.io/dry-run" in suggestion_of(mesh, "--shadow")
    mesh.apply(suggestion)
    answers(mesh, "deploy/other", URL, 403)
    answers(mesh, "deploy/client", URL, 200)
    assert proof(mesh, ONLY)["outcome"] == "holds"
    until(lambda: _refused_other(mesh))


def _report(lab: Lab) -> dict[str, Any]:
    answer = lab.json("policy", "report", "-n", "default")
    assert isinstance(answer, dict)
    return answer


def _would_refuse_other(lab: Lab) -> bool:
    """Both get through; the report says whom of them the dry run would refuse, and its line."""
    assert lab.status_of("deploy/client", URL) == 200
    assert lab.status_of("deploy/other", URL) == 200
    (trial,) = [each for each in _report(lab)["dry_runs"] if each["requests"]] or [None]
    if trial is None:
        return False
    (rule,) = trial["rules"]
    (caller,) = rule["callers"]
    assert (trial["workloads"], caller["workloads"]) == (["default/web"], ["default/other"])
    assert rule["because"][0]["line"]
    return True


def _refused_other(lab: Lab) -> bool:
    """In force it is no dry run, and what it refuses is told of the same caller."""
    report = _report(lab)
    assert report["dry_runs"] == []
    return any(each["callers"][0]["workloads"] == ["default/other"] for each in report["refused"])


def test_a_plan_says_which_promise_it_would_break(mesh: Lab) -> None:
    """And exits 1; nothing is applied."""
    folder = mesh.home / "planned"
    folder.mkdir()
    (folder / "policy.yaml").write_text(EVERYBODY)
    (folder / "promises.txt").write_text("only default/client to default/web port 8080\n")
    done = mesh.run("plan", "-f", str(folder), "--name", mesh.name, ok=False)
    assert done.returncode == 1
    assert "0 of 1 promises would hold" in done.stdout
    assert "[broken-promise]" in done.stdout
