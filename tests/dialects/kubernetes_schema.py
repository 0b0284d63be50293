"""Writes the fields of Kubernetes' kinds: `python tests/dialects/kubernetes_schema.py`.

The source is the PyPI package `lightkube-models`, which is generated from Kubernetes' published
OpenAPI description; its modules are parsed, not imported. What comes out is one JSON object from
type to fields, `TYPE!` where a field is required:

    "core_v1.EnvVar": {"name": "string!", "value": "string", "valueFrom": "core_v1.EnvVarSource"}
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from importlib.metadata import files
from pathlib import Path
from typing import Any

from gossamer.dialects.kubernetes.schema import ROOTS

WRITTEN = Path(__file__).parents[2] / "src/gossamer/dialects/kubernetes/schema/fields.json"
SOURCES = ("apps_v1", "batch_v1", "core_v1", "meta_v1")
LEAVES = {"str": "string", "int": "integer", "bool": "boolean", "float": "number", "dict": "{}any"}
ALIASES = {
    "util_intstr.IntOrString": "int-or-string",
    "resource.Quantity": "quantity",
    "meta_v1.Time": "string",
    "meta_v1.MicroTime": "string",
    "meta_v1.FieldsV1": "any",
    "runtime.RawExtension": "any",
}
OF_STRINGS = ("labels", "annotations", "matchLabels", "nodeSelector", "data", "binaryData")
"""Mappings whose values are strings: the parsed source calls them `dict` only."""

Types = dict[str, dict[str, str]]


def schema() -> Types:
    """Every type that an object of the checked kinds can reach."""
    every = {name: fields for module in SOURCES for name, fields in _module(module)}
    reached: Types = {}
    waiting = sorted(set(ROOTS.values()))
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached[name] = every[name]
            waiting += [each for each in map(_inner, every[name].values()) if each in every]
    return dict(sorted(reached.items()))


def written(types: Types) -> str:
    """The schema's file, a line for each type."""
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(f)}" for name, f in types.items())
    return f"{{\n{lines}\n}}\n"


def _inner(kind: str) -> str:
    return kind.rstrip("!").removeprefix("[]").removeprefix("{}")


def _module(module: str) -> Iterator[tuple[str, dict[str, str]]]:
    tree = ast.parse(_source(module).read_text())
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield f"{module}.{node.name}", dict(_fields(node, module))


def _source(module: str) -> Path:
    matching = [f for f in files("lightkube-models") or () if f.name == f"{module}.py"]
    return Path(str(next(f for f in matching if f.parent.name == "models").locate()))


def _fields(node: ast.ClassDef, module: str) -> Iterator[tuple[str, str]]:
    for line in node.body:
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            assert isinstance(line.annotation, ast.Constant)
            name = _json_name(line.value) or line.target.id
            yield name, _kind(str(line.annotation.value), module, name)


def _json_name(value: ast.expr | None) -> str:
    """The field's name in JSON where it is a reserved word in Python."""
    keywords: Mapping[str | None, Any] = (
        {each.arg: each.value for each in value.keywords} if isinstance(value, ast.Call) else {}
    )
    return str(ast.literal_eval(keywords["metadata"])["json"]) if "metadata" in keywords else ""


def _kind(text: str, module: str, field: str) -> str:
    if text.startswith("Optional["):
        return _kind(text[9:-1], module, field).rstrip("!")
    if text.startswith("List["):
        return f"[]{_kind(text[5:-1], module, field).rstrip('!')}!"
    if text == "dict" and field in OF_STRINGS:
        return "{}string!"
    if text in LEAVES:
        return f"{LEAVES[text]}!"
    full = text if "." in text else f"{module}.{text}"
    return f"{ALIASES.get(full, full if full.partition('.')[0] in SOURCES else 'any')}!"


if __name__ == "__main__":
    WRITTEN.write_text(written(schema()))
