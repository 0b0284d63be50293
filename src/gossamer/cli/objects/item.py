"""One object as commands hold it: its kind, its Kubernetes form, and what `-o json` shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from gossamer.cli.objects.kinds import ObjectKind, known_kind
from gossamer.cli.objects.pod_object import pod_object, times

Json = Mapping[str, Any]
Names = tuple[str, str, str]
"""Kind, namespace and name."""


@dataclass(frozen=True, slots=True)
class Item:
    """An object: `body` as the Kubernetes API would answer, `shape` as `-o json` prints it.

    `seen` is what the lab knows of a pod beside that; `place` is its file and line.
    """

    kind: ObjectKind
    namespace: str
    name: str
    body: Json
    shape: Json
    seen: Json = field(default_factory=dict)
    place: str = ""

    @property
    def labels(self) -> dict[str, str]:
        labels = self.body.get("metadata", {}).get("labels") or {}
        return {str(key): str(value) for key, value in labels.items()}

    @property
    def created(self) -> str | None:
        created: str | None = self.body.get("metadata", {}).get("creationTimestamp")
        return created

    @property
    def reference(self) -> str:
        """`deployment.apps/web`."""
        return f"{self.kind.prefix}/{self.name}"


def pod_items(pods: Iterable[Json], documents: Iterable[Json] = ()) -> Iterator[Item]:
    """The pods of a lab; their `spec` is that of the template in the documents."""
    templates = {_names(each): each["body"] for each in documents}
    for pod in pods:
        owner = templates.get((pod["kind"], pod["namespace"], pod["workload"]), {})
        spec = owner.get("spec", {})
        template = spec if pod["kind"] == "Pod" else spec.get("template", {}).get("spec", {})
        body = pod_object(pod, template)
        yield Item(known_kind("Pod", ""), pod["namespace"], pod["name"], body, pod, pod)


def document_items(documents: Iterable[Json], counts: Iterable[Json] = ()) -> Iterator[Item]:
    """Stored objects; workloads have a `status` of what the lab counts of their pods."""
    counted = {_names(each): each for each in counts}
    for each in documents:
        kind = known_kind(each["kind"], _group(each["api_version"]))
        body = _body(each, counted.get(_names(each)))
        shape = {**each, "status": body["status"]} if "status" in body else each
        place = f"{each['file']}:{each['line']}" if each.get("line") else str(each["file"])
        yield Item(kind, each["namespace"], each["name"], body, shape, place=place)


def _names(each: Json) -> Names:
    return each["kind"], each["namespace"], each["name"]


def _group(api_version: str) -> str:
    return api_version.rpartition("/")[0]


def _body(document: Json, counts: Json | None) -> dict[str, Any]:
    body = dict(document["body"])
    metadata = dict(body.get("metadata") or {})
    if document["namespace"]:
        metadata["namespace"] = document["namespace"]
    if document.get("created"):
        metadata.setdefault("creationTimestamp", document["created"])
    body["metadata"] = metadata
    status = workload_status(document["kind"], body, counts or {})
    return body | ({"status": status} if status else {})


def workload_status(kind: str, body: Json, counts: Json) -> dict[str, Any]:
    """The status of a workload by Kubernetes' names; empty for all other kinds."""
    ready, current, updated = (counts.get(key, 0) for key in ("ready", "current", "updated"))
    match kind:
        case "Deployment" | "StatefulSet" | "ReplicaSet":
            available = _available(ready, counts.get("desired", 0), kind)
            return {
                "replicas": current,
                "updatedReplicas": updated,
                "readyReplicas": ready,
                "availableReplicas": ready,
                "unavailableReplicas": max(0, counts.get("desired", 0) - ready),
                **available,
            }
        case "DaemonSet":
            return {
                "desiredNumberScheduled": counts.get("desired", 0),
                "currentNumberScheduled": current,
                "updatedNumberScheduled": updated,
                "numberReady": ready,
                "numberAvailable": ready,
            }
        case "Job":
            return _job_status(body, counts)
    return {}


def _available(ready: int, desired: int, kind: str) -> dict[str, Any]:
    if kind != "Deployment":
        return {}
    status = "True" if ready >= desired else "False"
    return {"conditions": [{"type": "Available", "status": status}]}


def _job_status(body: Json, counts: Json) -> dict[str, Any]:
    spec = body.get("spec") or {}
    wanted = spec.get("completions") or spec.get("parallelism") or 1
    succeeded, failed = counts.get("succeeded", 0), counts.get("failed", 0)
    done, broken = succeeded >= wanted, failed > 0
    conditions = [{"type": "Complete", "status": "True"}] if done else []
    conditions += [{"type": "Failed", "status": "True"}] if broken else []
    status = {"active": counts.get("current", 0), "succeeded": succeeded, "failed": failed}
    return status | ({"conditions": conditions} if conditions else {})


def namespace_items(documents: Iterable[Json], pods: Iterable[Json]) -> Iterator[Item]:
    """Every namespace: declared, or named by an object or a pod; `default` is always there."""
    declared = {each["name"]: each for each in documents if each["kind"] == "Namespace"}
    named = {each["namespace"] for each in (*documents, *pods) if each["namespace"]}
    for name in sorted({"default", *declared, *named}):
        body: dict[str, Any] = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        shape = declared.get(name) or {
            "kind": "Namespace",
            "api_version": "v1",
            "namespace": "",
            "name": name,
            "file": "",
            "line": None,
            "body": body,
        }
        (item,) = document_items([shape])
        active = {**item.body, "status": {"phase": "Active"}}
        yield Item(item.kind, "", name, active, shape, place=item.place if shape["file"] else "")


def node_item() -> Item:
    """The one node that a lab has: this machine."""
    body = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "lab"},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    }
    shape = {
        "kind": "Node",
        "api_version": "v1",
        "namespace": "",
        "name": "lab",
        "file": "",
        "line": None,
        "body": body,
    }
    return Item(known_kind("Node", ""), "", "lab", body, shape)


def replica_set_items(pods: Iterable[Json]) -> Iterator[Item]:
    """What Kubernetes would keep between a Deployment and its pods: one for each template."""
    sets: dict[Names, list[Json]] = {}
    for pod in pods:
        if pod["kind"] == "Deployment":
            name = f"{pod['workload']}-{pod['template']}"
            sets.setdefault((pod["namespace"], name, pod["workload"]), []).append(pod)
    for (namespace, name, owner), own in sets.items():
        first = min(own, key=lambda pod: pod["created"] or "")
        ready = sum(bool(pod["ready"]) for pod in own)
        body = {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {
                "name": name,
                "namespace": namespace,
                "labels": dict(first["labels"]),
                "ownerReferences": [{"kind": "Deployment", "name": owner, "controller": True}],
                **times(creationTimestamp=first["created"]),
            },
            "spec": {"replicas": len(own)},
            "status": {"replicas": len(own), "readyReplicas": ready},
        }
        shape = {
            "kind": "ReplicaSet",
            "api_version": "apps/v1",
            "namespace": namespace,
            "name": name,
            "file": "",
            "line": None,
            "body": body,
        }
        yield Item(known_kind("ReplicaSet", "apps"), namespace, name, body, shape)


def event_items(events: Iterable[Json]) -> Iterator[Item]:
    """What happened, as events.v1."""
    for each in events:
        about = {"kind": each["kind"], "namespace": each["namespace"], "name": each["name"]}
        text = f"{each['reason']} {each['message']}".encode()
        name = f"{each['name']}.{crc32(text):08x}"
        body = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": name, "namespace": each["namespace"]},
            "involvedObject": about,
            "type": each["type"],
            "reason": each["reason"],
            "message": each["message"],
            "count": each["count"],
            **times(firstTimestamp=each["first"], lastTimestamp=each["last"]),
        }
        yield Item(known_kind("Event", ""), each["namespace"], name, body, each)
