"""Rego in ConfigMaps: whatever key ends in `.rego`, and `data.json` or `data.yaml` beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from gossamer.dialects.reading import ObjectFragments
from gossamer.manifests.manifest import Manifest, plain
from gossamer.manifests.refusal import DocumentRefused
from gossamer.manifests.yaml.parse import parse
from gossamer.manifests.yaml.split import DocumentText
from gossamer.model.finding import Finding
from gossamer.model.workload.rego import RegoModules

_DATA = ("data.json", "data.yaml", "data.yml")


def has_rego(manifest: Manifest) -> bool:
    """Whether a ConfigMap holds Rego."""
    return any(name.endswith(".rego") for name, _ in _texts(manifest))


def read_rego(manifest: Manifest, findings: list[Finding]) -> ObjectFragments | None:
    """The modules of a ConfigMap. Data that cannot be read refuses it: rules without their data
    could let in whom they should not."""
    texts = dict(_texts(manifest))
    data = ""
    for name in (each for each in _DATA if each in texts):
        try:
            data = _data(texts[name])
        except DocumentRefused as refused:
            findings.append(_unreadable(manifest, name, refused))
            return None
    modules = tuple(sorted((name, text) for name, text in texts.items() if name.endswith(".rego")))
    rego = RegoModules(manifest.ref, manifest.namespace, manifest.name, modules, data)
    return ObjectFragments((rego,))


def _texts(manifest: Manifest) -> Iterator[tuple[str, str]]:
    data = manifest.body.get("data")
    for name, text in data.items() if isinstance(data, Mapping) else ():
        if isinstance(text, str):
            yield name, text


def _data(text: str) -> str:
    part = DocumentText(text, 1)
    value, _ = parse(part)
    if not isinstance(value, Mapping):
        raise DocumentRefused(
            1, "invalid-yaml", "it is not a mapping", "Write a mapping: rules see it as `data`"
        )
    return json.dumps(plain(value), sort_keys=True)


def _unreadable(manifest: Manifest, name: str, refused: DocumentRefused) -> Finding:
    return Finding(
        manifest.origin(("data", name)),
        f"{name} beside Rego cannot be read: {refused.message}",
        "this policy does not take effect; the previous one, if any, stays",
        refused.remedy,
        refused.code,
    )
