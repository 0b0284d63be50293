"""Which pod a person means: POD, NAMESPACE/POD or deploy/NAME."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gossamer.cli.sockets import ask
from gossamer.cli.trouble import Trouble
from gossamer.lab.home import LabFolder

WORKLOADS = ("deploy", "deployment", "sts", "statefulset", "job", "ds", "daemonset")


def find_pod(lab: LabFolder, name: str, namespace: str) -> dict[str, Any]:
    """The pod of that name in a running lab; of a workload any, a ready one if there is one."""
    pods: Sequence[dict[str, Any]] = ask(lab.holder_socket, {"op": "pods"})["pods"]
    kind, slash, rest = name.partition("/")
    if slash and kind in WORKLOADS:
        found = [p for p in pods if workload_of(p) == f"{namespace}/{rest}"]
    else:
        wanted = name if slash else f"{namespace}/{name}"
        found = [p for p in pods if f"{p['namespace']}/{p['name']}" == wanted]
    if not found:
        known = ", ".join(sorted(f"{p['namespace']}/{p['name']}" for p in pods)) or "none"
        raise Trouble(f"no pod {name!r} in namespace {namespace!r}; pods of this lab: {known}")
    return max(found, key=lambda pod: bool(pod["ready"]))


def workload_of(pod: dict[str, Any]) -> str:
    """`NAMESPACE/NAME` of what made the pod."""
    return f"{pod['namespace']}/{str(pod['workload']).rpartition('/')[2]}"
