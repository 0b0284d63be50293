"""References of what a lab does not run: whom an autoscaler scales, where an Ingress leads."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.lab.plan.documents import LabDocument, LabDocuments, Stanza
from gossamer.lab.plan.references.nearest import meant, near_word
from gossamer.lab.plan.references.pods import CODE
from gossamer.model.finding import Finding, Severity

_SCALED = ("Deployment", "ReplicaSet", "ReplicationController", "StatefulSet")


def lost_by_others(documents: LabDocuments) -> Iterator[Finding]:
    """A warning for each target that does not exist, or lacks the port."""
    for document in documents.of("HorizontalPodAutoscaler"):
        yield from _scaled(document.root.child("spec").child("scaleTargetRef"), documents)
    for document in documents.of("Ingress"):
        for backend in _backends(document):
            yield from _backend(backend, documents)


def _scaled(target: Stanza, documents: LabDocuments) -> Iterator[Finding]:
    kind, name, namespace = target.text("kind"), target.text("name"), target.document.namespace
    if kind in _SCALED and name and not documents.get(kind, namespace, name):
        near = meant(documents, kind, namespace, name)
        yield _told(target, "name", f"{kind} {namespace}/{name}", "nothing is scaled", near)


def _backends(document: LabDocument) -> Iterator[Stanza]:
    spec = document.root.child("spec")
    yield from (spec.child(name) for name in ("defaultBackend", "backend") if spec.has(name))
    for rule in spec.children("rules"):
        for path in rule.child("http").children("paths"):
            yield path.child("backend")


def _backend(backend: Stanza, documents: LabDocuments) -> Iterator[Finding]:
    """A backend of networking.k8s.io/v1, or of the versions before it."""
    at = backend.child("service") if backend.has("service") else backend
    field = "name" if backend.has("service") else "serviceName"
    name, namespace = at.text(field), at.document.namespace
    if not name:
        return
    service = documents.get("Service", namespace, name)
    if service is None:
        near = meant(documents, "Service", namespace, name)
        yield _told(at, field, f"Service {namespace}/{name}", "its requests go nowhere", near)
    else:
        yield from _port(at, service)


def _port(at: Stanza, service: LabDocument) -> Iterator[Finding]:
    port = at.child("port")
    wanted = port.text("number") or port.text("name") or at.text("servicePort")
    ports = service.root.child("spec").children("ports")
    known = {name for each in ports for name in (each.text("port"), each.text("name")) if name}
    if wanted and wanted not in known:
        near = near_word(wanted, known) or f"It has {', '.join(sorted(known)) or 'none'}. "
        what = f"port {wanted} of Service {service.namespace}/{service.name}"
        yield _told(
            at, "port" if at.has("port") else "servicePort", what, "its requests fail", near
        )


def _told(at: Stanza, field: str, what: str, effect: str, near: str) -> Finding:
    message = f"{what} does not exist"
    remedy = f"{near}Name one that exists, or apply it"
    return at.finding(field, message, effect, remedy, CODE, Severity.WARNING)
