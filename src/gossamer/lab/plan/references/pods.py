"""What a pod's specification names beside its ConfigMaps and Secrets, which are looked up at its
start: its account, its claims, the secrets for its images, the Service that names it."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.lab.plan.documents import LabDocument, LabDocuments, Stanza
from gossamer.lab.plan.references.nearest import meant
from gossamer.model.finding import Finding, Severity

CODE = "missing-reference"
_KINDS = ("CronJob", "DaemonSet", "Deployment", "Job", "Pod", "ReplicaSet", "StatefulSet")
_RUNS = "the pods start in a lab; a cluster does not make them"


def lost_by_pods(documents: LabDocuments) -> Iterator[Finding]:
    """A warning for each reference that a cluster would not find; a lab starts the pods."""
    for document in documents.of(*_KINDS, "ReplicationController"):
        spec = pod_spec(document)
        yield from _account(spec, documents)
        yield from _claims(spec, documents)
        yield from _image_secrets(spec, documents)
        yield from _service(document, documents)


def pod_spec(document: LabDocument) -> Stanza:
    """The specification of the pods that an object asks for."""
    spec = document.root.child("spec")
    if document.kind == "CronJob":
        spec = spec.child("jobTemplate").child("spec")
    return spec if document.kind == "Pod" else spec.child("template").child("spec")


def _account(spec: Stanza, documents: LabDocuments) -> Iterator[Finding]:
    field = "serviceAccountName" if spec.has("serviceAccountName") else "serviceAccount"
    name, namespace = spec.text(field), spec.document.namespace
    if name in ("", "default") or documents.get("ServiceAccount", namespace, name):
        return
    near = meant(documents, "ServiceAccount", namespace, name)
    yield spec.finding(
        field,
        f"ServiceAccount {namespace}/{name} does not exist",
        f"{_RUNS} before it is there",
        f"{near}Apply the ServiceAccount {name}",
        CODE,
        Severity.WARNING,
    )


def _claims(spec: Stanza, documents: LabDocuments) -> Iterator[Finding]:
    namespace = spec.document.namespace
    for volume in spec.children("volumes"):
        claim = volume.child("persistentVolumeClaim")
        name = claim.text("claimName")
        if name and not documents.get("PersistentVolumeClaim", namespace, name):
            near = meant(documents, "PersistentVolumeClaim", namespace, name)
            yield claim.finding(
                "claimName",
                f"PersistentVolumeClaim {namespace}/{name} does not exist",
                "a lab gives the pod an empty folder; in a cluster it stays Pending",
                f"{near}Apply the PersistentVolumeClaim {name}",
                CODE,
                Severity.WARNING,
            )


def _image_secrets(spec: Stanza, documents: LabDocuments) -> Iterator[Finding]:
    namespace = spec.document.namespace
    for entry in spec.children("imagePullSecrets"):
        name = entry.text("name")
        if name and not documents.get("Secret", namespace, name):
            near = meant(documents, "Secret", namespace, name)
            yield entry.finding(
                "name",
                f"Secret {namespace}/{name} does not exist",
                "nothing in a lab, which pulls no image; a cluster pulls without it",
                f"{near}Apply the Secret {name} where images are pulled",
                CODE,
                Severity.INFO,
            )


def _service(document: LabDocument, documents: LabDocuments) -> Iterator[Finding]:
    spec = document.root.child("spec")
    name, namespace = spec.text("serviceName"), document.namespace
    if document.kind == "StatefulSet" and name and not documents.get("Service", namespace, name):
        near = meant(documents, "Service", namespace, name)
        yield spec.finding(
            "serviceName",
            f"Service {namespace}/{name} does not exist",
            f"the names of the single pods, such as {document.name}-0.{name}, do not resolve",
            f"{near}Apply a Service {name} with clusterIP: None",
            CODE,
            Severity.WARNING,
        )
