"""The templates that a workload had, numbered as `rollout history` shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gossamer.lab.holder.control.answers import RevisionShape
from gossamer.lab.holder.pods.container_run import iso
from gossamer.lab.plan.documents import LabDocument, LabDocuments
from gossamer.lab.plan.naming import template_hash
from gossamer.model.origin import ObjectRef
from gossamer.process.clock import utc_now

KINDS = ("Deployment", "StatefulSet", "DaemonSet")
CAUSE = "kubernetes.io/change-cause"
KEPT = 10
"""Where `revisionHistoryLimit` does not say."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One template of a workload, since when, and why by its author's annotation."""

    number: int
    template: dict[str, Any]
    hash: str
    cause: str
    since: datetime

    def shape(self) -> RevisionShape:
        """As the control socket shows it."""
        return RevisionShape(self.number, self.cause, iso(self.since), self.template)


class TemplateHistory:
    """Of every workload of a lab, as long as the lab and the workload live."""

    def __init__(self) -> None:
        self._kept: dict[ObjectRef, tuple[Revision, ...]] = {}

    def follow(self, documents: LabDocuments) -> None:
        """Note the templates of now; a template that was there before gets a new number."""
        here = {document.origin().object: document for document in documents.of(*KINDS)}
        self._kept = {ref: self._with(ref, document) for ref, document in here.items()}

    def of(self, ref: ObjectRef) -> tuple[Revision, ...]:
        """The oldest first; the last one is in force."""
        return self._kept.get(ref, ())

    def _with(self, ref: ObjectRef, document: LabDocument) -> tuple[Revision, ...]:
        before, spec = self.of(ref), document.root.child("spec")
        template = dict(spec.child("template").value)
        key = template_hash(template)
        if before and before[-1].hash == key:
            return before
        number = before[-1].number + 1 if before else 1
        cause = document.root.child("metadata").pairs("annotations").get(CAUSE, "")
        others = tuple(each for each in before if each.hash != key)
        most = max(0, spec.number("revisionHistoryLimit", KEPT))
        kept = others[len(others) - most :] if len(others) > most else others
        return (*kept, Revision(number, template, key, cause, utc_now()))
