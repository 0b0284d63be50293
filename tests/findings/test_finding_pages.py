"""Every finding's page is true: its wrong example is told by that code, its fixed one is right."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gossamer.cli.offline.offline_mesh import offline_mesh
from gossamer.cli.offline.rego import rego_findings
from gossamer.cli.reading import read_all
from gossamer.compile.checks.gateways.certificates import lapsed
from gossamer.compile.checks.table import check_all
from gossamer.lab.plan.documents import LabDocument, LabDocuments
from gossamer.lab.plan.pod.command import LabSettings
from gossamer.lab.plan.pod.environment import PodFacts, resolve
from gossamer.lab.plan.pod.pod import PodPlan
from gossamer.lab.plan.workloads import plan_pods
from gossamer.manifests.manifest import plain
from gossamer.model.finding import Finding, Severity
from gossamer.store.paths import File
from tests.findings.finding_codes import emitted

PAGES = Path(__file__).parents[2] / "docs" / "findings"
WITHOUT_EXAMPLE = (  # bugs of ours, what only a running lab shows, and folders; tested elsewhere
    "authority-ends",
    "broken-promise",
    "invalid-kustomization",
    "invalid-promise",
    "loopback-only",
    "reader-failed",
    "rego-not-checked",
    "rejected-by-envoy",
    "remote-resource",
    "unfetched-jwks",
    "unproven-promise",
    "unusable-roots",
    "unusable-access-file",
)
OF_A_LAB = (  # told by `up`, for they are about this machine
    "missing-reference",
    "no-local-command",
    "unknown-field-path",
    "user-not-honoured",
    "volume-imitated",
)
_FENCE = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NO_CODES = ("README", "compared")
NAMES = sorted(page.stem for page in PAGES.glob("*.md") if page.stem not in NO_CODES)


def examples(name: str) -> list[str]:
    """The YAML of a page, in its order; the sign for NUL is one."""
    return [text.replace("␀", "\0") for text in _FENCE.findall((PAGES / f"{name}.md").read_text())]


def analyzed(text: str) -> tuple[Finding, ...]:
    """What `gossamer analyze` says of a file with this text."""
    read = read_all([File("page.yaml", text.encode())])
    mesh, _ = offline_mesh(read.as_if_fixed)
    objects = mesh.contributions.values()
    rego = rego_findings(objects)
    return (*read.findings, *check_all(mesh, objects), *lapsed(objects, time.time()), *rego)


def planned(text: str) -> tuple[Finding, ...]:
    """What a lab says of a file with this text."""
    manifests = read_all([File("page.yaml", text.encode())]).manifests
    documents = LabDocuments(
        LabDocument(m.kind, m.api_version, m.namespace, m.name, plain(m.body), m.source.file)
        for m in manifests
    )
    plan = plan_pods(documents, LabSettings())
    starting = (finding for pod in plan.pods for finding in started(pod, documents))
    return (*plan.findings, *starting)


def started(pod: PodPlan, documents: LabDocuments) -> Iterator[Finding]:
    """What keeps a pod from starting."""
    facts = PodFacts(pod.namespace, pod.name, "default", pod.labels, pod.annotations, ())
    for container in pod.containers:
        yield from resolve(container.env, facts, documents).missing


@pytest.mark.parametrize("code", sorted(emitted()))
def test_every_code_has_a_page(code: str) -> None:
    """Whoever meets a code finds what it means and how to fix it."""
    assert (PAGES / f"{code}.md").is_file(), f"{code} of {emitted()[code]} has no page"


def test_every_page_is_of_a_code() -> None:
    """No page outlives its code."""
    assert set(NAMES) <= set(emitted())


def test_the_comparison_names_codes_that_exist() -> None:
    """What is told where another tool has its number is told by a code of ours."""
    rows = re.findall(
        r"^\| (?:IST|KIA).*\|(.*)\|$", (PAGES / "compared.md").read_text(), re.MULTILINE
    )
    named = {word for row in rows for word in re.findall(r"`([a-z]+(?:-[a-z]+)+)`", row)}
    assert len(rows) > 60
    assert named <= set(emitted())


@pytest.mark.parametrize("name", sorted(set(NAMES) - set(WITHOUT_EXAMPLE)))
def test_a_page_tells_the_truth(name: str) -> None:
    """The wrong example yields the code, at a place; the fixed one yields it not, nor an error."""
    wrong, fixed = examples(name)
    look = planned if name in OF_A_LAB else analyzed
    told = [finding for finding in look(wrong) if finding.code == name]
    assert told, f"told instead: {look(wrong)}"
    assert all(each.origin.line or look is planned for each in told)
    after = look(fixed)
    assert name not in {each.code for each in after}
    assert [each for each in after if each.severity is Severity.ERROR] == []
