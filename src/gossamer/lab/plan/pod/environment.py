"""A container's environment: what the manifest asks for, and its values once a pod has an address.

`read_env` keeps the references; `resolve` looks them up when the container starts, as
Kubernetes does, so that a ConfigMap changed later is seen by the next start.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from gossamer.lab.plan.documents import LabDocument, LabDocuments, Stanza
from gossamer.lab.plan.pod.resources import KNOWN, MachineSize, ResourceShare, read_share
from gossamer.lab.plan.references.nearest import meant, near_word
from gossamer.model.finding import Finding


@dataclass(frozen=True, slots=True)
class Literal:
    """A value written in the manifest; `$(NAME)` in it stands for an earlier variable."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class FieldRef:
    """A value taken from the pod itself, such as `status.podIP`."""

    name: str
    path: str
    at: Stanza


@dataclass(frozen=True, slots=True)
class KeyRef:
    """One key of a ConfigMap or Secret."""

    name: str
    kind: str
    object: str
    key: str
    optional: bool
    at: Stanza


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every key of a ConfigMap or Secret, with a prefix."""

    prefix: str
    kind: str
    object: str
    optional: bool
    at: Stanza


@dataclass(frozen=True, slots=True)
class ResourceRef:
    """What the container may use of a resource, such as `limits.memory`."""

    name: str
    share: ResourceShare
    at: Stanza


EnvSource = Literal | FieldRef | ResourceRef | KeyRef | AllOf

_UNKNOWN_MACHINE = MachineSize()
NOTHING_BENEATH: Mapping[str, str] = MappingProxyType({})
_REFERENCES = {"configMapKeyRef": "ConfigMap", "secretKeyRef": "Secret"}
_WHOLE = {"configMapRef": "ConfigMap", "secretRef": "Secret"}


def read_env(container: Stanza) -> tuple[EnvSource, ...]:
    """The `envFrom` entries, then the `env` entries: later ones win."""
    return (*_whole_objects(container), *_variables(container))


def _whole_objects(container: Stanza) -> Iterator[EnvSource]:
    for entry in container.children("envFrom"):
        for key, kind in _WHOLE.items():
            if entry.has(key):
                at = entry.child(key)
                name = at.text("name")
                yield AllOf(entry.text("prefix"), kind, name, at.truth("optional"), at)


def _variables(container: Stanza) -> Iterator[EnvSource]:
    for entry in container.children("env"):
        name = entry.text("name")
        source = entry.child("valueFrom")
        if source.has("fieldRef"):
            at = source.child("fieldRef")
            yield FieldRef(name, at.text("fieldPath"), at)
        elif source.has("resourceFieldRef"):
            at = source.child("resourceFieldRef")
            yield ResourceRef(name, read_share(at, (container,)), at)
        elif reference := next((key for key in _REFERENCES if source.has(key)), None):
            at = source.child(reference)
            kind, optional = _REFERENCES[reference], at.truth("optional")
            yield KeyRef(name, kind, at.text("name"), at.text("key"), optional, at)
        elif not source.value:
            yield Literal(name, entry.text("value"))


@dataclass(frozen=True, slots=True)
class PodFacts:
    """What a pod knows of itself when it starts."""

    namespace: str
    name: str
    service_account: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    addresses: tuple[str, ...]
    node: str = "lab"
    machine: MachineSize = _UNKNOWN_MACHINE

    def look(self, path: str) -> str | None:
        """The value of a downward API field path; None where it is unknown."""
        keyed = re.fullmatch(r"metadata\.(labels|annotations)\['([^']+)'\]", path)
        if keyed:
            pairs = self.labels if keyed[1] == "labels" else self.annotations
            return pairs.get(keyed[2], "")
        return self._plain().get(path)

    def _plain(self) -> dict[str, str]:
        first = self.addresses[0] if self.addresses else ""
        return {
            "metadata.name": self.name,
            "metadata.namespace": self.namespace,
            "metadata.uid": f"{self.namespace}-{self.name}",
            "metadata.labels": _quoted_lines(self.labels),
            "metadata.annotations": _quoted_lines(self.annotations),
            "spec.serviceAccountName": self.service_account,
            "spec.nodeName": self.node,
            "status.podIP": first,
            "status.podIPs": ",".join(self.addresses),
            "status.hostIP": "10.244.0.1",
            "status.hostIPs": "10.244.0.1",
        }


def _quoted_lines(pairs: Mapping[str, str]) -> str:
    return "\n".join(f'{key}="{value}"' for key, value in sorted(pairs.items()))


@dataclass(frozen=True, slots=True)
class Environment:
    """The variables that could be resolved, and a finding for each that could not."""

    values: Mapping[str, str]
    missing: tuple[Finding, ...] = ()


def resolve(
    sources: tuple[EnvSource, ...],
    facts: PodFacts,
    documents: LabDocuments,
    beneath: Mapping[str, str] = NOTHING_BENEATH,
) -> Environment:
    """Look every reference up; the container must not start while something is missing.

    `beneath` are variables that `$(NAME)` may mean and that are not the container's own.
    """
    values: dict[str, str] = {}
    known = ChainMap(values, dict(beneath))
    missing: list[Finding] = []
    for source in sources:
        for outcome in _resolve_one(source, facts, documents, known):
            if isinstance(outcome, Finding):
                missing.append(outcome)
            else:
                values[outcome[0]] = outcome[1]
    return Environment(values, tuple(missing))


def _resolve_one(
    source: EnvSource, facts: PodFacts, documents: LabDocuments, known: Mapping[str, str]
) -> Iterator[tuple[str, str] | Finding]:
    if isinstance(source, Literal):
        yield source.name, expand(source.value, known)
    elif isinstance(source, FieldRef):
        value = facts.look(source.path)
        yield unknown_field(source.at, source.path) if value is None else (source.name, value)
    elif isinstance(source, ResourceRef):
        if source.share.known:
            yield source.name, source.share.value(facts.machine)
        else:
            yield unknown_resource(source.at)
    else:
        yield from _from_object(source, facts, documents)


def _from_object(
    source: KeyRef | AllOf, facts: PodFacts, documents: LabDocuments
) -> Iterator[tuple[str, str] | Finding]:
    document = documents.get(source.kind, facts.namespace, source.object)
    data = texts_of(document) if document else {}
    if isinstance(source, AllOf):
        named = ((source.prefix + key, value) for key, value in data.items())
        yield from ((name, value) for name, value in named if is_variable(name))
        if document is None and not source.optional:
            yield _missing(source, facts, documents)
    elif source.key in data:
        yield source.name, data[source.key]
    elif not source.optional:
        if document is None:
            yield _missing(source, facts, documents)
        else:
            yield missing_key(source, source.key, data, facts)


def _missing(source: KeyRef | AllOf, facts: PodFacts, documents: LabDocuments) -> Finding:
    return missing_object(source.at, (source.kind, source.object), facts, documents)


def missing_object(
    at: Stanza, named: tuple[str, str], facts: PodFacts, documents: LabDocuments
) -> Finding:
    """The remark on a ConfigMap or Secret (kind, name) that a pod needs and that is not there."""
    kind, name = named
    near = meant(documents, kind, facts.namespace, name)
    return at.finding(
        next((field for field in ("name", "secretName") if at.has(field)), ""),
        f"{kind} {facts.namespace}/{name} does not exist",
        f"pod {facts.namespace}/{facts.name} does not start",
        f"{near}Apply the {kind}, or set `optional: true`",
        "missing-reference",
    )


class Names(Protocol):
    """What names a ConfigMap or Secret, and where."""

    @property
    def kind(self) -> str: ...
    @property
    def object(self) -> str: ...
    @property
    def at(self) -> Stanza: ...


def missing_key(source: Names, key: str, known: Iterable[str], facts: PodFacts) -> Finding:
    """The remark on a key that a ConfigMap or Secret lacks; values are nobody's to read."""
    near = near_word(key, known)
    return source.at.finding(
        "key" if source.at.has("key") else "items",
        f"{source.kind} {facts.namespace}/{source.object} has no key {key!r}",
        f"pod {facts.namespace}/{facts.name} does not start",
        f"{near}Add the key, or set `optional: true`",
        "missing-reference",
    )


def unknown_resource(at: Stanza) -> Finding:
    """The remark on a resource, or a container, that a `resourceFieldRef` names in vain."""
    return at.finding(
        "resource",
        f"{at.text('resource')!r} is not a resource of a container of this pod",
        "the pod does not start",
        f"Write limits. or requests. with one of {', '.join(KNOWN)}, and a container's name",
        "unknown-field-path",
    )


def unknown_field(at: Stanza, path: str) -> Finding:
    """The remark on a field that a pod does not know of itself."""
    return at.finding(
        "fieldPath",
        f"{path!r} is not a field that a pod knows of itself",
        "the pod does not start",
        "Use metadata.name, metadata.namespace, metadata.labels['KEY'] or status.podIP",
        "unknown-field-path",
    )


def is_variable(name: str) -> bool:
    """Whether Kubernetes takes a name for a variable: printable ASCII without an equals sign."""
    return bool(name) and name.isascii() and name.isprintable() and "=" not in name


_REFERENCE = re.compile(r"\$\$|\$\(([A-Za-z_.-][A-Za-z0-9_.-]*)\)")


def expand(text: str, values: Mapping[str, str]) -> str:
    """Replace `$(NAME)` by its value; unknown names stay, and `$$` is one dollar."""
    return _REFERENCE.sub(
        lambda match: "$" if match[1] is None else values.get(match[1], match[0]), text
    )


def contents_of(document: LabDocument) -> dict[str, bytes]:
    """What a ConfigMap or Secret holds, by key. Base64 that cannot be read counts as absent."""
    root = document.root
    contents = {key: value.encode() for key, value in root.pairs("stringData").items()}
    if document.kind == "ConfigMap":
        contents |= {key: value.encode() for key, value in root.pairs("data").items()}
        encoded = root.pairs("binaryData")
    else:
        encoded = root.pairs("data")
    for key, value in encoded.items():
        try:
            contents.setdefault(key, base64.b64decode(value, validate=False))
        except binascii.Error:
            continue
    return contents


def texts_of(document: LabDocument) -> dict[str, str]:
    """The same as text, for variables."""
    return {key: value.decode(errors="replace") for key, value in contents_of(document).items()}
