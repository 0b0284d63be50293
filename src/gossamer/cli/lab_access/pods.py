"""Which pod or workload a person means: POD, NAMESPACE/POD, deploy/NAME."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import click

from gossamer.cli.error import CliError
from gossamer.cli.lab_access.sockets import ask
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
        found = [p for p in pods if key_of(p) == wanted]
    if not found:
        raise CliError(
            f"there is no pod {name!r} in namespace {namespace!r}, so nothing was done; "
            f"{guess(pods, name, namespace)}"
        )
    return max(found, key=lambda pod: bool(pod["ready"]))


def guess(pods: Sequence[dict[str, Any]], name: str, namespace: str) -> str:
    """What may have been meant by a name of nothing."""
    last = name.rpartition("/")[2]
    elsewhere = [p for p in pods if last in (p["name"], p["workload"], app_of(p))]
    if elsewhere:
        found = elsewhere[0]
        return f"did you mean `-n {found['namespace']} deploy/{found['workload']}`?"
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


def workload_question(word: str, namespace: str) -> dict[str, str]:
    """`{kind, namespace, name}` of deploy/NAME, sts/NAME, NAME or NAMESPACE/NAME."""
    head, slash, name = word.rpartition("/")
    if not name or "/" in head or (slash and not head):
        raise click.UsageError(f"{word!r} names no workload; write deploy/NAME")
    if not head or head.lower() in WORKLOADS:
        return {"kind": head or "deploy", "namespace": namespace, "name": name}
    return {"kind": "deploy", "namespace": head, "name": name}
