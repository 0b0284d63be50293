"""What the holder does when asked over its control socket."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from gossamer.agent.launcher import EndRequest, Launch, Launched, ListRequest, ProcessesShape
from gossamer.lab.holder.control import answers, requests
from gossamer.lab.holder.controller import Controller
from gossamer.lab.holder.forwarding import Forwarding
from gossamer.lab.holder.holder import Holder
from gossamer.lab.holder.plane_link import lab_document
from gossamer.lab.holder.pods.pod_runner import PodRunner
from gossamer.lab.holder.pods.pod_shape import pod_shape
from gossamer.lab.plan.documents import LabDocument, LabDocuments
from gossamer.lab.plan.rollout import Phase
from gossamer.plane.api.shapes import finding_shape
from gossamer.process.control_server import Operation, OperationRefused
from gossamer.process.shape import Nothing
from gossamer.process.supervision.processes import Process, Restart


class HolderOperations:
    """The operations of one lab, by name."""

    def __init__(self, holder: Holder) -> None:
        self._holder = holder

    def table(self) -> list[Operation[Any]]:
        return [
            Operation(Launch, self.spawn),
            Operation(EndRequest, self.kill),
            Operation(ListRequest, self.list),
            Operation(requests.PodsRequest, self.pods),
            Operation(requests.ExecRequest, self.exec),
            Operation(requests.GatewaysRequest, self.gateways),
            Operation(requests.UrlsRequest, self.urls),
            Operation(requests.ForwardTargetRequest, Forwarding(self._holder).target),
            Operation(requests.PlaneRequest, self.plane),
            Operation(requests.RestartRequest, self.restart),
            Operation(requests.ScaleRequest, self.scale),
            Operation(requests.RevisionsRequest, self.revisions),
            Operation(requests.UndoRequest, self.undo),
            Operation(requests.ObservedRequest, self.observed),
            Operation(requests.DeletePodRequest, self.delete_pod),
            Operation(requests.FindingsRequest, self.findings),
            Operation(requests.EventsRequest, self.events),
            Operation(requests.WorkloadsRequest, self.workloads),
            Operation(requests.PodPreviewRequest, self.pod_preview),
            Operation(requests.LabFileRequest, self.lab_file),
            Operation(requests.GivenRequest, self.given),
            Operation(requests.LogTimesRequest, self.log_times),
            Operation(requests.DownRequest, self.down),
        ]

    @property
    def _controller(self) -> Controller:
        if self._holder.controller is None:
            raise OperationRefused("the lab is still starting its world; ask again in a moment")
        return self._holder.controller

    async def spawn(self, request: Launch) -> Launched:
        """Start a process for the agent, inside a pod's network where it names one."""
        argv = self._entered(request.pod, request.argv) if request.pod else request.argv
        restart = Restart.ALWAYS if request.restart else Restart.NEVER
        process = Process(request.name, tuple(argv), dict(request.env), Path(request.log), restart)
        return Launched(await self._holder.runner.ensure(process))

    def _entered(self, pod: str, argv: Sequence[str]) -> Sequence[str]:
        life = self._controller.life(pod)
        if life.phase is not Phase.RUNNING:
            raise OperationRefused(
                f"pod {pod} is {life.phase.value}; nothing is started in it any more"
            )
        if self._holder.world is None:
            raise OperationRefused("the lab has no world yet")
        return self._holder.world.enter(pod, argv)

    async def kill(self, request: EndRequest) -> Nothing:
        """End a process that was spawned."""
        await self._holder.runner.stop(request.name, request.signal, request.grace)
        return Nothing()

    async def list(self, request: ListRequest) -> ProcessesShape:
        return ProcessesShape(self._holder.runner.list())

    async def pods(self, request: requests.PodsRequest) -> answers.LabPods:
        controller = self._holder.controller
        lives = sorted(controller.lives if controller else (), key=lambda life: life.key)
        shapes = [pod_shape(life, self._pid(life)) for life in lives]
        return answers.LabPods(self._holder.ready, shapes, self._holder.plane.revision)

    def _pid(self, life: PodRunner) -> int | None:
        """The process of one of the pod's containers that runs."""
        pids = (self._holder.runner.pid(each.process.name) for each in life.lives)
        return next((pid for pid in pids if pid), None)

    async def exec(self, request: requests.ExecRequest) -> answers.EnteredCommand:
        """The command by which the asker itself runs `argv` where a pod's container runs."""
        life = self._controller.life(request.pod)
        if life.sandbox is None or not life.lives or self._holder.world is None:
            raise OperationRefused(
                f"pod {life.key} has no container to run in: {life.reason or 'gateway'}"
            )
        name = request.container or life.plan.default_container
        each = next((c for c in life.lives if c.plan.name == name), None)
        if each is None:
            known = ", ".join(c.plan.name for c in life.lives)
            raise OperationRefused(f"pod {life.key} has no container {name!r}; it has {known}")
        argv = self._holder.world.enter(
            life.key,
            request.argv,
            mnt=life.sandbox.mnt,
            drop=True,
            cwd=each.plan.cwd or "/",
            terminal=request.terminal,
        )
        return answers.EnteredCommand(argv, dict(life.sandbox.variables[name]))

    async def gateways(self, request: requests.GatewaysRequest) -> answers.LabGateways:
        return answers.LabGateways(self._holder.port_forwards.gateways)

    async def findings(self, request: requests.FindingsRequest) -> answers.LabFindings:
        return answers.LabFindings([finding_shape(each) for each in self._controller.findings])

    async def events(self, request: requests.EventsRequest) -> answers.LabOccurrences:
        return answers.LabOccurrences([each.shape() for each in self._holder.occurrences.all()])

    async def urls(self, request: requests.UrlsRequest) -> answers.LabAddresses:
        """Every address of the lab at 127.0.0.1, by what the plane says of mutual TLS now."""
        strict = await self._holder.plane.refusing_plaintext()
        return answers.LabAddresses(self._holder.port_forwards.urls(strict))

    async def log_times(self, request: requests.LogTimesRequest) -> answers.LogTimesShape:
        """When the log at a path grew to which size."""
        return answers.LogTimesShape(self._holder.log_times.of(Path(request.log)))

    async def workloads(self, request: requests.WorkloadsRequest) -> answers.LabWorkloads:
        return answers.LabWorkloads(list(self._controller.counts))

    async def pod_preview(self, request: requests.PodPreviewRequest) -> answers.PodPreview:
        changes, seen = self._controller.preview(LabDocuments(map(lab_document, request.documents)))
        return answers.PodPreview(list(changes), list(seen))

    async def plane(self, request: requests.PlaneRequest) -> Nothing:
        if request.state == "stop":
            await self._holder.stop_plane()
        else:
            await self._holder.start_plane()
        return Nothing()

    async def lab_file(self, request: requests.LabFileRequest) -> Nothing:
        """Take another lab.yaml, or stand-ins for all that nothing else runs."""
        files = self._holder.files
        stand_in = files.stand_in or request.stand_in
        self._holder.files = replace(files, lab=request.lab or files.lab, stand_in=stand_in)
        self._controller.rule(self._holder.files.lab, stand_in)
        return Nothing()

    async def given(self, request: requests.GivenRequest) -> answers.GivenObjects:
        before = self._holder.given
        if request.objects is not None:
            self._holder.given = list(request.objects)
        return answers.GivenObjects(before)

    async def restart(self, request: requests.RestartRequest) -> Nothing:
        self._controller.restart(_kind(request.kind), request.namespace, request.name)
        return Nothing()

    async def scale(self, request: requests.ScaleRequest) -> answers.Scaled:
        """Write the new count into the document, so that `get` shows it."""
        document = self._document(request.kind, request.namespace, request.name)
        await self._holder.plane.apply([with_spec(document, {"replicas": request.replicas})])
        return answers.Scaled(request.replicas)

    def _document(self, kind: str, namespace: str, name: str) -> LabDocument:
        kind = _kind(kind)
        document = self._holder.documents.get(kind, namespace, name)
        if document is None:
            raise OperationRefused(
                f"there is no {kind} {namespace}/{name}; `gossamer get {kind}` lists them"
            )
        return document

    async def revisions(self, request: requests.RevisionsRequest) -> answers.WorkloadRevisions:
        document = self._document(request.kind, request.namespace, request.name)
        kept = self._holder.history.of(document.origin().object)
        return answers.WorkloadRevisions([each.shape() for each in kept])

    async def undo(self, request: requests.UndoRequest) -> answers.Undone:
        document = self._document(request.kind, request.namespace, request.name)
        kept = self._holder.history.of(document.origin().object)
        earlier = [each for each in kept[:-1] if request.revision in (0, each.number)]
        if not earlier:
            numbers = ", ".join(str(each.number) for each in kept[:-1]) or "none"
            raise OperationRefused(
                f"{document.origin().object} has no such earlier revision, so nothing was "
                f"changed; earlier ones: {numbers}"
            )
        await self._holder.plane.apply([with_spec(document, {"template": earlier[-1].template})])
        return answers.Undone(earlier[-1].number)

    async def observed(self, request: requests.ObservedRequest) -> answers.ObservedDocument:
        kind = _kind(request.kind)
        here = self._holder.documents.get(kind, request.namespace, request.name)
        stored = await self._holder.plane.stored(kind, request.namespace, request.name)
        return answers.ObservedDocument(stored == (here.body if here else None))

    async def delete_pod(self, request: requests.DeletePodRequest) -> Nothing:
        self._controller.delete(request.pod)
        return Nothing()

    async def down(self, request: requests.DownRequest) -> answers.GoingDown:
        self._holder.go_down()
        return answers.GoingDown(os.getpid())


def with_spec(document: LabDocument, changes: Mapping[str, Any]) -> tuple[str, str]:
    """Name and text of a file with the same object, some fields of whose spec are changed."""
    body = json.loads(json.dumps(document.body))
    body.setdefault("metadata", {})["namespace"] = document.namespace
    body["spec"] = {**(body.get("spec") or {}), **changes}
    return document.file or "(changed)", json.dumps(body, indent=1)


_KINDS = {
    "deploy": "Deployment",
    "deployment": "Deployment",
    "sts": "StatefulSet",
    "statefulset": "StatefulSet",
    "ds": "DaemonSet",
    "daemonset": "DaemonSet",
    "job": "Job",
}


def _kind(kind: str) -> str:
    """The kind of a workload, which people abbreviate."""
    return _KINDS.get(kind.lower(), kind)
