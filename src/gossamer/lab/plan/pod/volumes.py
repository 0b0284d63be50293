"""Volumes of a pod: which files they hold when it starts, and what takes a plain folder's place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import repeat

from gossamer.lab.plan.documents import LabDocuments, Stanza
from gossamer.lab.plan.pod.environment import (
    PodFacts,
    contents_of,
    missing_key,
    missing_object,
    unknown_field,
    unknown_resource,
)
from gossamer.lab.plan.pod.resources import ResourceShare, read_share
from gossamer.model.finding import Finding, Severity


@dataclass(frozen=True, slots=True)
class FromObject:
    """Files out of a ConfigMap or Secret: all its keys, or those of `items` under other names."""

    kind: str
    object: str
    items: tuple[tuple[str, str], ...]
    optional: bool
    at: Stanza


@dataclass(frozen=True, slots=True)
class FromPod:
    """Files out of the pod's own fields: (path, field path), or (path, share of a resource)."""

    items: tuple[tuple[str, str | ResourceShare], ...]
    at: Stanza

    def files(self, facts: PodFacts) -> Iterator[tuple[str, bytes] | Finding]:
        """Each path with its content, or what is wrong with the field that it names."""
        entries = self.at.children("items")
        for entry, (path, source) in zip(entries, self.items, strict=True):
            if isinstance(source, ResourceShare):
                share = source.value(facts.machine).encode()
                at = entry.child("resourceFieldRef")
                yield (path, share) if source.known else unknown_resource(at)
            else:
                value = facts.look(source)
                at = entry.child("fieldRef")
                yield unknown_field(at, source) if value is None else (path, value.encode())


VolumeSource = FromObject | FromPod


@dataclass(frozen=True, slots=True)
class Volume:
    """One volume. Without sources it is an empty folder that the pod may write to."""

    name: str
    sources: tuple[VolumeSource, ...] = ()


def read_volumes(spec: Stanza) -> tuple[tuple[Volume, ...], tuple[Finding, ...]]:
    """The pod's volumes, and a remark on each that a lab can only imitate."""
    volumes: list[Volume] = []
    findings: list[Finding] = []
    for stanza in spec.children("volumes"):
        volumes.append(Volume(stanza.text("name"), tuple(_sources(stanza, spec))))
        findings += _remarks(stanza)
    return tuple(volumes), tuple(findings)


def read_claims(spec: Stanza) -> tuple[tuple[Volume, ...], tuple[Finding, ...]]:
    """The volumes that a StatefulSet's `volumeClaimTemplates` bring to each pod."""
    claims = spec.children("volumeClaimTemplates")
    names = [claim.child("metadata").text("name") for claim in claims]
    return tuple(map(Volume, names)), tuple(map(_imitated, claims, repeat("claim"), names))


def _sources(stanza: Stanza, spec: Stanza) -> Iterator[VolumeSource]:
    for entry in (stanza, *stanza.child("projected").children("sources")):
        if entry.has("configMap"):
            yield _object("ConfigMap", entry.child("configMap"), "name")
        if entry.has("secret"):
            named = "name" if entry.child("secret").has("name") else "secretName"
            yield _object("Secret", entry.child("secret"), named)
        if entry.has("downwardAPI"):
            yield _own_fields(entry.child("downwardAPI"), spec)


def _object(kind: str, at: Stanza, named: str) -> FromObject:
    items = tuple((item.text("key"), item.text("path")) for item in at.children("items"))
    return FromObject(kind, at.text(named), items, at.truth("optional"), at)


def _own_fields(at: Stanza, spec: Stanza) -> FromPod:
    containers = (*spec.children("containers"), *spec.children("initContainers"))
    return FromPod(
        tuple((item.text("path"), _own(item, containers)) for item in at.children("items")), at
    )


def _own(item: Stanza, containers: tuple[Stanza, ...]) -> str | ResourceShare:
    if item.has("resourceFieldRef"):
        return read_share(item.child("resourceFieldRef"), containers)
    return item.child("fieldRef").text("fieldPath")


_IMITATED = ("hostPath", "persistentVolumeClaim", "nfs", "csi", "ephemeral")


_NOT_ISSUED = ("serviceAccountToken", "clusterTrustBundle", "podCertificate")


def _remarks(stanza: Stanza) -> Iterator[Finding]:
    for kind in _IMITATED:
        if stanza.has(kind):
            yield _imitated(stanza, kind, stanza.text("name"))
    empty = stanza.child("emptyDir")
    for field in filter(empty.has, ("medium", "sizeLimit")):
        if empty.text(field):
            yield _not_bounded(empty, field, stanza.text("name"))
    for source in stanza.child("projected").children("sources"):
        for kind in filter(source.has, _NOT_ISSUED):
            yield _not_issued(source, kind, stanza.text("name"))


def _not_bounded(empty: Stanza, field: str, name: str) -> Finding:
    return empty.finding(
        field,
        f"volume {name!r} has the {field} {empty.text(field)}",
        "in a lab it is a folder on the disk, and is not bounded",
        "Nothing to do; a pod that fills it is evicted in a cluster, and not here",
        "volume-imitated",
        Severity.INFO,
    )


def _not_issued(source: Stanza, kind: str, name: str) -> Finding:
    return source.finding(
        kind,
        f"volume {name!r} has a {kind}, which a lab does not issue",
        "its file is not there; the others of the volume are",
        "Nothing to do, if the application does without; else give it a file by a Secret",
        "volume-imitated",
        Severity.INFO,
    )


def _imitated(stanza: Stanza, kind: str, name: str) -> Finding:
    return stanza.finding(
        kind if stanza.has(kind) else "",
        f"volume {name!r} is a {kind}, which a lab does not have",
        "the pod gets an empty folder of its own that ends with it",
        "Use a ConfigMap for files that the pod must find there",
        "volume-imitated",
        Severity.INFO,
    )


@dataclass(frozen=True, slots=True)
class Contents:
    """The files of a volume by relative path, and a finding for each thing that is missing."""

    files: Mapping[str, bytes]
    missing: tuple[Finding, ...] = ()


def contents(volume: Volume, facts: PodFacts, documents: LabDocuments) -> Contents:
    """What the volume holds right now."""
    files: dict[str, bytes] = {}
    missing: list[Finding] = []
    for source in volume.sources:
        if isinstance(source, FromPod):
            for outcome in source.files(facts):
                if isinstance(outcome, Finding):
                    missing.append(outcome)
                else:
                    files[outcome[0]] = outcome[1]
            continue
        document = documents.get(source.kind, facts.namespace, source.object)
        if document is not None:
            held = contents_of(document)
            files |= _picked(source, held)
            missing += _lacking(source, held, facts)
        elif not source.optional:
            named = (source.kind, source.object)
            missing.append(missing_object(source.at, named, facts, documents))
    return Contents({path: data for path, data in files.items() if _inside(path)}, tuple(missing))


def _picked(source: FromObject, held: Mapping[str, bytes]) -> dict[str, bytes]:
    if not source.items:
        return dict(held)
    return {path: held[key] for key, path in source.items if key in held}


def _lacking(source: FromObject, held: Mapping[str, bytes], facts: PodFacts) -> Iterator[Finding]:
    """A pod whose volume picks a key that is not there does not start, unless it is optional."""
    for key, _ in source.items if not source.optional else ():
        if key not in held:
            yield missing_key(source, key, held, facts)


def _inside(path: str) -> bool:
    """Whether a path stays in its volume: relative and without `..`."""
    return bool(path) and not path.startswith("/") and ".." not in path.split("/")
