"""What an apply did to each object, or would do, with what there is to say about it."""

from __future__ import annotations

from collections.abc import Sequence

from gossamer.model.finding import Finding, Severity
from gossamer.plane.api.answers import Applied
from gossamer.plane.api.shapes import Action, finding_shape
from gossamer.plane.documents import DocumentsRead
from gossamer.store.document import DocumentKey, WriteOutcome


def applied(
    reading: DocumentsRead,
    checked: Sequence[Finding],
    outcomes: Sequence[WriteOutcome],
    revision: int,
) -> Applied:
    """The answer to an apply, or to the dry run of one."""
    names = {DocumentKey(m.group_kind, m.namespace, m.name): m for m in reading.manifests}
    done = [
        Action(str(key), outcome.value)  # type: ignore[arg-type]
        for key, outcome in zip(names, outcomes, strict=True)
    ]
    findings = [finding_shape(finding) for finding in (*reading.findings, *checked)]
    refused = any(finding.severity is Severity.ERROR for finding in reading.findings)
    return Applied(done, revision, findings, refused)
