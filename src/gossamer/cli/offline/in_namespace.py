"""`-n` for files: objects that name no namespace get one, and no line of a file moves.

Metadata of such an object is written anew as a flow mapping with the namespace in it, on the line
where it began, and the lines that it had are left empty. So findings name the lines that its author
sees. Scalars stay as they are written, since quotes decide types.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

import yaml

from gossamer.manifests.scope import is_cluster_scoped
from gossamer.store.paths import File

_FLOW = re.compile(r"[,\[\]{}#]")
"""What a plain scalar of a block may hold and one of a flow may not."""

_REFERRED = re.compile(r"(?m)(^|[\s:\[{,-])[&*][A-Za-z0-9_]")


class NamespaceClash(ValueError):
    """An object that names another namespace, or that cannot be given one; for people."""


def in_namespace(files: Iterable[File], namespace: str | None) -> tuple[File, ...]:
    """The files with the namespace put into their objects. Raises NamespaceClash."""
    if namespace is None:
        return tuple(files)
    return tuple(
        File(file.name, with_namespace(file.raw, namespace, file.name), file.in_folder)
        for file in files
    )


def with_namespace(raw: bytes, namespace: str, file: str) -> bytes:
    """One file's text; what is no YAML stays as it is, for its reader to complain about."""
    try:
        text = raw.decode()
        roots = list(yaml.compose_all(text, yaml.CSafeLoader))
    except (UnicodeDecodeError, yaml.YAMLError):
        return raw
    edits = [each for root in roots for each in _edits(root, text, namespace, file)]
    for start, end, instead in sorted(edits, reverse=True):
        text = text[:start] + instead + text[end:]
    return text.encode()


Edit = tuple[int, int, str]


def _edits(root: yaml.Node | None, text: str, namespace: str, file: str) -> Iterator[Edit]:
    fields = _fields(root)
    kind = _text(fields.get("kind"))
    if kind.endswith("List") and isinstance(items := fields.get("items"), yaml.SequenceNode):
        for item in items.value:
            yield from _edits(item, text, namespace, file)
        return
    metadata = fields.get("metadata")
    group = _text(fields.get("apiVersion")).rpartition("/")[0]
    if not isinstance(metadata, yaml.MappingNode) or is_cluster_scoped(group, kind):
        return
    inner = _fields(metadata)
    if own := _text(inner.get("namespace")):
        if own != namespace:
            line = inner["namespace"].start_mark.line + 1
            raise NamespaceClash(
                f"{file}:{line}: {kind} {_text(inner.get('name'))} names namespace {own!r}, and -n "
                f"says {namespace!r}, so nothing was done; leave -n out, or say -n {own}"
            )
        return
    yield _edit(metadata, text, namespace, file)


def _edit(metadata: yaml.MappingNode, text: str, namespace: str, file: str) -> Edit:
    start, end = metadata.start_mark.index, metadata.end_mark.index
    written = text[start:end]
    if _REFERRED.search(written):
        raise NamespaceClash(
            f"{file}:{metadata.start_mark.line + 1}: metadata has a YAML anchor or alias, so -n "
            f"cannot put a namespace into it and nothing was done; write namespace: {namespace}"
        )
    if metadata.flow_style:
        return start + 1, start + 1, f"namespace: {namespace}, "
    written = written.rstrip()
    flow = f"{{namespace: {namespace}, {_flow(metadata, text)[1:]}"
    return start, start + len(written), flow + "\n" * written.count("\n")


def _flow(node: yaml.Node, text: str) -> str:
    """A node on one line."""
    if isinstance(node, yaml.MappingNode):
        pairs = (f"{_flow(key, text)}: {_flow(value, text)}" for key, value in node.value)
        return f"{{{', '.join(pairs)}}}"
    if isinstance(node, yaml.SequenceNode):
        return f"[{', '.join(_flow(each, text) for each in node.value)}]"
    assert isinstance(node, yaml.ScalarNode)
    written = text[node.start_mark.index : node.end_mark.index]
    plain = not node.style and "\n" not in written and not _FLOW.search(written)
    quoted = node.style in ("'", '"') and "\n" not in written
    return written if plain or quoted else json.dumps(node.value)


def _fields(node: yaml.Node | None) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {key.value: value for key, value in node.value if isinstance(key, yaml.ScalarNode)}


def _text(node: yaml.Node | None) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""
