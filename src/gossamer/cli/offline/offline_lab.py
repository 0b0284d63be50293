"""What a lab would say of the pods in files: the plan that `up` carries out, asked beforehand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gossamer.cli.reading import FilesRead
from gossamer.lab.files import Files
from gossamer.lab.lab_file import LabFile
from gossamer.lab.plan.cron.runs import key_of
from gossamer.lab.plan.documents import LabDocument, LabDocuments
from gossamer.lab.plan.references.start import lost_at_start
from gossamer.lab.plan.workloads import plan_pods
from gossamer.lab.settings import settings_of
from gossamer.model.finding import Finding, Severity

_OF_THIS_MACHINE = "no-local-command"
_SHOWN = 5


def lab_findings(read: FilesRead, lab: LabFile) -> tuple[Finding, ...]:
    """References that lead nowhere, and what a lab does otherwise than a cluster."""
    from gossamer.apps.images import stand_in

    documents = LabDocuments(map(LabDocument.of, read.manifests))
    settings = settings_of("default", Files(lab=lab), stand_in)
    once = {key_of(each): (0,) for each in documents.of("CronJob")}  # a run of each is looked at
    plan = plan_pods(documents, replace(settings, cron_runs=once))
    of_plan = [each for each in plan.findings if each.code != _OF_THIS_MACHINE]
    without = [each for each in plan.findings if each.code == _OF_THIS_MACHINE]
    lost = lost_at_start(plan.pods, documents)
    return tuple(dict.fromkeys((*of_plan, *lost, *_without_command(without))))


def _without_command(findings: list[Finding]) -> Iterator[Finding]:
    """One info on all containers that nothing here runs: no mistake of the manifests."""
    if findings:
        places = [f"{each.origin.file}:{each.origin.line}" for each in findings[1:]]
        shown = ", ".join(places[:_SHOWN])
        more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
        yield replace(
            findings[0],
            message=findings[0].message + (f"; so it is at {shown}{more}" if places else ""),
            effect="a cluster pulls the image; in a lab their pods do not become ready",
            remedy="Run them with `gossamer up --stand-in`, or map the images in lab.yaml",
            severity=Severity.INFO,
        )
