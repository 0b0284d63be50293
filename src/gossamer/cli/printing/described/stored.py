"""Any stored object: what it says, what the mesh made of it, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from gossamer.cli.objects.item import Item
from gossamer.cli.printing.described.lines import block, mapped, paired

Json = Mapping[str, Any]
_SECRET = ("data", "stringData")


def stored_lines(item: Item, pods: Sequence[Json]) -> Iterator[str]:
    """`pods` are those of a workload, or those behind a Service."""
    metadata = item.body.get("metadata") or {}
    yield from paired(
        [
            ("Name", item.name),
            *([("Namespace", item.namespace)] if item.namespace else []),
            ("Kind", item.kind.name),
            ("From", item.place),
            ("Created", item.created),
            ("Labels", mapped(item.labels)),
            ("Annotations", mapped(metadata.get("annotations") or {})),
            *_counts(item),
            *_addresses(item),
        ]
    )
    if pods:
        yield from block("Pods", [f"{pod['name']}  {pod['status']}" for pod in pods])
    for key, value in _said(item):
        yield from block(key, _yaml(value))


def _counts(item: Item) -> list[tuple[str, Any]]:
    status = item.body.get("status") or {}
    if "updatedReplicas" not in status:
        return []
    desired = (item.body.get("spec") or {}).get("replicas", 1)
    return [
        (
            "Replicas",
            f"{desired} desired | {status['updatedReplicas']} updated | "
            f"{status['replicas']} total | {status['availableReplicas']} available | "
            f"{status['unavailableReplicas']} unavailable",
        )
    ]


def _addresses(item: Item) -> list[tuple[str, Any]]:
    if item.kind.name != "Service":
        return []
    return [("IP", item.seen.get("address")), ("Endpoints", ", ".join(item.seen["endpoints"]))]


def _said(item: Item) -> Iterator[tuple[str, Any]]:
    """What its author wrote, but for the names; of a Secret only the sizes."""
    for key, value in item.body.items():
        if key in ("apiVersion", "kind", "metadata", "status"):
            continue
        if item.kind.name == "Secret" and key in _SECRET and isinstance(value, Mapping):
            yield key, {name: f"{len(str(text))} characters" for name, text in value.items()}
        else:
            yield key, value


def _yaml(value: Any) -> list[str]:
    import yaml

    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True)
    return text.removesuffix("...\n").splitlines()


def finding_block(findings: Iterable[Json]) -> Iterator[str]:
    """What there is to say about it, if there is anything."""
    lines = [f"{each['severity']}: {each['message']}; {each['remedy']}" for each in findings]
    if lines:
        yield from block("Findings", lines)
