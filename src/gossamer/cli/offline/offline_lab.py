"""What a lab would say of the pods in files: the plan that `up` carries out, asked beforehand."""

from __future__ import annotations

from gossamer.cli.reading import FilesRead
from gossamer.lab.plan.documents import LabDocument, LabDocuments
from gossamer.lab.plan.pod.command import LabSettings
from gossamer.lab.plan.references.start import lost_at_start
from gossamer.lab.plan.workloads import plan_pods
from gossamer.model.finding import Finding

_OF_THIS_MACHINE = "no-local-command"


def lab_findings(read: FilesRead) -> tuple[Finding, ...]:
    """References that lead nowhere, and what a lab does otherwise than a cluster."""
    documents = LabDocuments(map(LabDocument.of, read.manifests))
    plan = plan_pods(documents, LabSettings())
    told = (each for each in plan.findings if each.code != _OF_THIS_MACHINE)
    return tuple(dict.fromkeys((*told, *lost_at_start(plan.pods, documents))))
