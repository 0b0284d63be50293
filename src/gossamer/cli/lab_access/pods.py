"""Which pod or workload a person means: POD, NAMESPACE/POD, deploy/NAME."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import click

from gossamer.cli.error import CliError
from gossamer.cli.lab_access.labs import plane_of
from gossamer.cli.lab_access.sockets import ask
from gossamer.lab.home import LabFolder

WORKLOADS = (
    *("deploy", "deployment", "deployments", "sts", "statefulset", "statefulsets"),
    *("job", "jobs", "ds", "daemonset", "daemonsets", "rs", "replicaset"),
)
PODS = ("po", "pod", "pods")
SERVICES = ("svc", "service", "services")


def find_pod(lab: LabFolder, name: str, namespace: str) -> dict[str, Any]:
    """The pod of that name in a running lab; of a workload any, a ready one if there is one."""
    return max(find_pods(lab, name, namespace), key=lambda pod: bool(pod["ready"]))


def find_pods(lab: LabFolder, name: str, namespace: str) -> list[dict[str, Any]]:
    """The pods of POD, NAMESPACE/POD, pod/POD, deploy/NAME or svc/NAME; CliError for none.

    One that is on its way out counts only where there is no other.
    """
    pods: list[dict[str, Any]] = ask(lab.holder_socket, {"op": "pods"})["pods"]
    kind, slash, rest = name.partition("/")
    if slash and kind in WORKLOADS:
        matching = [p for p in pods if workload_of(p) == f"{namespace}/{rest}"]
    elif slash and kind in SERVICES:
        matching = _behind(lab, rest, namespace, pods)
    else:
        in_kind = slash and kind in PODS
        wanted = f"{namespace}/{rest if in_kind else name}" if in_kind or not slash else name
        matching = [p for p in pods if key_of(p) == wanted]
    if not matching:
        raise CliError(
            f"there is no pod {name!r} in namespace {namespace!r}, so nothing was done; "
            f"{guess(pods, name, namespace)}"
        )
    return [pod for pod in matching if pod["phase"] != "ending"] or matching


def _behind(
    lab: LabFolder, service: str, namespace: str, pods: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The pods that a Service selects."""
    documents = plane_of(lab).documents("Service", namespace, service)["documents"]
    if not documents:
        raise CliError(
            f"there is no Service {service!r} in namespace {namespace!r}, so nothing was done; "
            "`gossamer get svc -A` lists those that are"
        )
    wanted = (documents[0]["body"].get("spec") or {}).get("selector") or {}
    return [
        pod
        for pod in pods
        if pod["namespace"] == namespace and wanted and wanted.items() <= pod["labels"].items()
    ]


def guess(pods: Sequence[dict[str, Any]], name: str, namespace: str) -> str:
    """What may have been meant by a name of nothing."""
    last = name.rpartition("/")[2]
    elsewhere = [p for p in pods if last in (p["name"], p["workload"], app_of(p))]
    if elsewhere:
        nearest = elsewhere[0]
        return f"did you mean `-n {nearest['namespace']} deploy/{nearest['workload']}`?"
    near = get_close_matches(last, [str(p["workload"]) for p in pods], 1, 0.5)
    if near:
        return f"did you mean `deploy/{near[0]}`? `gossamer get pods -A` lists all"
    return "`gossamer get pods -A` lists those that are"


def key_of(pod: dict[str, Any]) -> str:
    """`NAMESPACE/POD`."""
    return f"{pod['namespace']}/{pod['name']}"


def app_of(pod: dict[str, Any]) -> str:
    """What people often call it: the label `app`."""
    return str(pod["labels"].get("app", ""))


def workload_of(pod: dict[str, Any]) -> str:
    """`NAMESPACE/NAME` of what made the pod."""
    return f"{pod['namespace']}/{str(pod['workload']).rpartition('/')[2]}"


def workload_question(workload: str, namespace: str) -> dict[str, str]:
    """`{kind, namespace, name}` of deploy/NAME, sts/NAME, NAME or NAMESPACE/NAME."""
    head, slash, name = workload.rpartition("/")
    if not name or "/" in head or (slash and not head):
        raise click.UsageError(f"{workload!r} names no workload; write deploy/NAME")
    kind = head.lower()
    if not head or kind in WORKLOADS:
        singular = kind if len(kind) < 4 else kind.removesuffix("s")
        return {"kind": singular or "deploy", "namespace": namespace, "name": name}
    return {"kind": "deploy", "namespace": head, "name": name}
