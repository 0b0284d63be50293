"""What the holder does when asked over its control socket."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from gossamer.lab.holder.controller import Controller
from gossamer.lab.holder.forwarding import Forwarding
from gossamer.lab.holder.holder import Holder
from gossamer.lab.holder.pods.pod_runner import PodRunner
from gossamer.lab.holder.pods.pod_shape import pod_shape
from gossamer.lab.lab_file import LabFile
from gossamer.lab.plan.rollout import Phase
from gossamer.process.control_server import Operation, OperationRefused
from gossamer.process.json_lines.line import Payload
from gossamer.process.supervision.processes import Process, Restart


class HolderOperations:
    """The operations of one lab, by name."""

    def __init__(self, holder: Holder) -> None:
        self._holder = holder

    def table(self) -> Mapping[str, Operation]:
        return {
            "spawn": self.spawn,
            "kill": self.kill,
            "list": self.list,
            "pods": self.pods,
            "exec": self.exec,
            "gateways": self.gateways,
            "urls": self.urls,
            "forward_target": Forwarding(self._holder).target,
            "plane": self.plane,
            "lab_file": self.lab_file,
            "restart": self.restart,
            "scale": self.scale,
            "delete_pod": self.delete_pod,
            "findings": self.findings,
            "events": self.events,
            "workloads": self.workloads,
            "log_times": self.log_times,
            "down": self.down,
        }

    @property
    def _controller(self) -> Controller:
        if self._holder.controller is None:
            raise OperationRefused("the lab is still starting its world; ask again in a moment")
        return self._holder.controller

    async def spawn(self, words: Payload) -> Payload:
        """Start a process for the agent, inside a pod's network where it names one."""
        argv, pod = [str(argument) for argument in words["argv"]], words.get("pod")
        if pod:
            argv = self._entered(str(pod), argv)
        process = Process(
            str(words["name"]),
            tuple(argv),
            {str(k): str(v) for k, v in (words.get("env") or {}).items()},
            Path(words["log"]),
            Restart.ALWAYS if words.get("restart") else Restart.NEVER,
        )
        return {"pid": await self._holder.runner.ensure(process)}

    def _entered(self, pod: str, argv: list[str]) -> list[str]:
        life = self._controller.life(pod)
        if life.phase is not Phase.RUNNING:
            raise OperationRefused(
                f"pod {pod} is {life.phase.value}; nothing is started in it any more"
            )
        if self._holder.world is None:
            raise OperationRefused("the lab has no world yet")
        return self._holder.world.enter(pod, argv)

    async def kill(self, words: Payload) -> Payload:
        """End a process that was spawned."""
        signal, grace = int(words.get("signal", 15)), float(words.get("grace", 5.0))
        await self._holder.runner.stop(str(words["name"]), signal, grace)
        return {}

    async def list(self, words: Payload) -> Payload:
        return {"processes": self._holder.runner.list()}

    async def pods(self, words: Payload) -> Payload:
        controller = self._holder.controller
        lives = controller.lives if controller else ()
        return {
            "ready": self._holder.ready,
            "pods": [self._shown(life) for life in sorted(lives, key=lambda life: life.key)],
        }

    def _shown(self, life: PodRunner) -> dict[str, Any]:
        return pod_shape(life, self._pid(life))

    def _pid(self, life: PodRunner) -> int | None:
        """The process of one of the pod's containers that runs."""
        pids = (self._holder.runner.pid(each.process.name) for each in life.lives)
        return next((pid for pid in pids if pid), None)

    async def exec(self, words: Payload) -> Payload:
        """The command by which the asker itself runs `argv` where a pod's container runs."""
        life = self._controller.life(str(words["pod"]))
        if life.sandbox is None or not life.lives or self._holder.world is None:
            raise OperationRefused(
                f"pod {life.key} has no container to run in: {life.reason or 'gateway'}"
            )
        name = words.get("container") or life.plan.default_container
        each = next((c for c in life.lives if c.plan.name == name), None)
        if each is None:
            known = ", ".join(c.plan.name for c in life.lives)
            raise OperationRefused(f"pod {life.key} has no container {name!r}; it has {known}")
        argv = self._holder.world.enter(
            life.key,
            [str(argument) for argument in words["argv"]],
            mnt=life.sandbox.mnt,
            drop=True,
            cwd=each.plan.cwd or "/",
            terminal=bool(words.get("terminal")),
        )
        return {"argv": argv, "env": dict(life.sandbox.variables[name])}

    async def gateways(self, words: Payload) -> Payload:
        return {"gateways": self._holder.port_forwards.gateways}

    async def findings(self, words: Payload) -> Payload:
        return {"findings": [finding.as_json() for finding in self._controller.findings]}

    async def events(self, words: Payload) -> Payload:
        return {"events": [each.as_json() for each in self._holder.occurrences.all()]}

    async def urls(self, words: Payload) -> Payload:
        """Every address of the lab at 127.0.0.1, by what the plane says of mutual TLS now."""
        strict = await self._holder.plane.refusing_plaintext()
        return {"urls": self._holder.port_forwards.urls(strict)}

    async def log_times(self, words: Payload) -> Payload:
        """When the log at a path grew to which size."""
        return {"times": self._holder.log_times.of(Path(words["log"]))}

    async def workloads(self, words: Payload) -> Payload:
        return {"workloads": [each.as_json() for each in self._controller.counts]}

    async def plane(self, words: Payload) -> Payload:
        if words.get("state") == "stop":
            await self._holder.stop_plane()
        elif words.get("state") == "start":
            await self._holder.start_plane()
        else:
            raise OperationRefused("`plane` takes the state stop or start")
        return {}

    async def lab_file(self, words: Payload) -> Payload:
        """Take another lab.yaml, or stand-ins for all that nothing else runs."""
        files = self._holder.files
        lab = LabFile.from_json(words["lab"]) if words.get("lab") else files.lab
        files = replace(files, lab=lab, stand_in=files.stand_in or bool(words.get("stand_in")))
        self._holder.files = files
        self._controller.rule(files.lab, files.stand_in)
        return {}

    async def restart(self, words: Payload) -> Payload:
        kind, namespace, name = _workload(words)
        self._controller.restart(kind, namespace, name)
        return {}

    async def scale(self, words: Payload) -> Payload:
        """Write the new count into the document, so that `get` shows it."""
        kind, namespace, name = _workload(words)
        document = self._holder.documents.get(kind, namespace, name)
        if document is None:
            raise OperationRefused(
                f"there is no {kind} {namespace}/{name}; `gossamer get {kind}` lists them"
            )
        count = int(words["replicas"])
        if count < 0:
            raise OperationRefused(f"replicas {count} is below 0; nothing was changed")
        body = json.loads(json.dumps(document.body))
        body.setdefault("metadata", {})["namespace"] = namespace
        body.setdefault("spec", {})["replicas"] = count
        text = json.dumps(body, indent=1)
        await self._holder.plane.apply([(document.file or "(scaled)", text)])
        return {"replicas": count}

    async def delete_pod(self, words: Payload) -> Payload:
        self._controller.delete(str(words["pod"]))
        return {}

    async def down(self, words: Payload) -> Payload:
        self._holder.go_down()
        return {"pid": os.getpid()}


_KINDS = {
    "deploy": "Deployment",
    "deployment": "Deployment",
    "sts": "StatefulSet",
    "statefulset": "StatefulSet",
    "ds": "DaemonSet",
    "daemonset": "DaemonSet",
    "job": "Job",
}


def _workload(words: Payload) -> tuple[str, str, str]:
    """`{kind: deploy, namespace, name}`; the kind as people abbreviate it."""
    kind = str(words.get("kind", "Deployment"))
    return (
        _KINDS.get(kind.lower(), kind),
        str(words.get("namespace", "default")),
        str(words["name"]),
    )
