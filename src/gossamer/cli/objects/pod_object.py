"""A pod of a lab as the Kubernetes API would show it, for `-o yaml`, jsonpath and `wait`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

Json = Mapping[str, Any]

_CONTROLLERS = {"Deployment": "ReplicaSet"}
_PHASES = {"succeeded": "Succeeded", "failed": "Failed"}


def pod_object(pod: Json, spec: Json) -> dict[str, Any]:
    """`pod` is the lab's own shape of it, `spec` that of its template."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": _metadata(pod),
        "spec": {**spec, **_spec(pod), "containers": _containers(pod, spec)},
        "status": _status(pod),
    }


def times(**moments: str | None) -> dict[str, str]:
    """Those that are known, to the second, as Kubernetes writes times."""
    return {key: to_the_second(at) for key, at in moments.items() if at}


def to_the_second(moment: str) -> str:
    return datetime.fromisoformat(moment).strftime("%Y-%m-%dT%H:%M:%SZ")


def _metadata(pod: Json) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": pod["name"], "namespace": pod["namespace"]}
    metadata |= {key: dict(pod[key]) for key in ("labels", "annotations") if pod.get(key)}
    metadata |= times(creationTimestamp=pod.get("created"))
    if pod["kind"] != "Pod":
        owner = pod["workload"]
        if pod["kind"] in _CONTROLLERS:
            owner = f"{owner}-{pod.get('template', '')}"
        kind = _CONTROLLERS.get(pod["kind"], pod["kind"])
        metadata["ownerReferences"] = [{"kind": kind, "name": owner, "controller": True}]
    return metadata


def _spec(pod: Json) -> dict[str, Any]:
    return {"serviceAccountName": pod["service_account"], "nodeName": "lab"}


def _containers(pod: Json, spec: Json) -> list[Any]:
    declared = {each.get("name"): each for each in spec.get("containers") or ()}
    return [
        declared.get(each["name"]) or {"name": each["name"], "image": each["image"]}
        for each in pod.get("planned_containers", ())
    ]


def _status(pod: Json) -> dict[str, Any]:
    status: dict[str, Any] = {
        "phase": _phase(pod),
        "podIP": pod["ip"],
        "podIPs": [{"ip": ip} for ip in pod["ips"]],
        "conditions": _conditions(pod),
        "containerStatuses": [_container(each) for each in pod["containers"]],
        **times(startTime=pod.get("created")),
    }
    if pod.get("init_containers"):
        status["initContainerStatuses"] = [_container(each) for each in pod["init_containers"]]
    if pod.get("reason") and not pod["ready"]:
        status["reason"], status["message"] = pod["status"], pod["reason"]
    return status


def _phase(pod: Json) -> str:
    if pod["phase"] in _PHASES:
        return _PHASES[pod["phase"]]
    return "Running" if pod["containers"] or pod["ready"] else "Pending"


def _conditions(pod: Json) -> list[dict[str, Any]]:
    initialized = bool(pod["containers"]) or pod["ready"]
    containers_ready = bool(pod["containers"]) and all(c["ready"] for c in pod["containers"])
    ready = bool(pod["ready"])
    facts = {
        "PodScheduled": True,
        "Initialized": initialized,
        "ContainersReady": containers_ready,
        "Ready": ready,
    }
    return [
        {"type": name, "status": "True" if holds else "False"}
        | ({"message": pod["reason"]} if name == "Ready" and not ready and pod["reason"] else {})
        for name, holds in facts.items()
    ]


def _container(each: Json) -> dict[str, Any]:
    return {
        "name": each["name"],
        "image": each["image"],
        "ready": each["ready"],
        "started": each["state"] == "running",
        "restartCount": each["restarts"],
        "state": _state(each),
        "lastState": {"terminated": terminated(last)} if (last := last_ended(each)) else {},
    }


def last_ended(each: Json) -> Json | None:
    """The run before the present state: of a container that waits, its last one."""
    run: Json | None = each.get("run") if each["state"] == "waiting" else each.get("last_run")
    return run if run and run["ended"] else None


def _state(each: Json) -> dict[str, Any]:
    run = each.get("run")
    if each["state"] == "running" and run:
        return {"running": times(startedAt=run["started"])}
    if each["state"] == "ended" and run:
        return {"terminated": terminated(run)}
    reason = "CrashLoopBackOff" if run else "ContainerCreating"
    return {"waiting": {"reason": reason, "message": each["reason"]}}


def terminated(run: Json) -> dict[str, Any]:
    """How a run ended; a signal counts from 128 on, as a shell has it."""
    status = run["exit_status"] if run["exit_status"] is not None else 0
    code = status if status >= 0 else 128 - status
    reason = "Error" if code else "Completed"
    return {
        "exitCode": code,
        "reason": reason,
        **times(startedAt=run["started"], finishedAt=run["ended"]),
    }
