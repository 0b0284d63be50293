"""Keeps the pods as the documents want them: plan, compare, start and stop, again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from gossamer.lab.holder.pods.pod_context import PodContext
from gossamer.lab.holder.pods.pod_runner import PodRunner
from gossamer.lab.holder.pods.pod_sandbox import clear, write_volumes
from gossamer.lab.holder.pods.seen import pod_seen, pod_to_come
from gossamer.lab.lab_file import LabFile
from gossamer.lab.plan.addresses import Addresses
from gossamer.lab.plan.cron.runs import job_name, next_due, runs_after
from gossamer.lab.plan.documents import LabDocuments
from gossamer.lab.plan.gateways import gateway_uses, with_gateway_ports
from gossamer.lab.plan.pod.command import LabSettings
from gossamer.lab.plan.pod.pod import PodPlan
from gossamer.lab.plan.pod_changes import WorkloadChange, pod_changes
from gossamer.lab.plan.rollout import Phase, Start, Stop, rollout
from gossamer.lab.plan.workload_counts import WorkloadCounts, workload_counts
from gossamer.lab.plan.workloads import Plan, plan_pods
from gossamer.model.finding import Finding
from gossamer.plane.api.shapes import PodSeen
from gossamer.process.clock import utc_now
from gossamer.process.event_log import EventLog

log = EventLog("gossamer.lab")


class NoSuchWorkload(LookupError):
    """A name that no workload or pod of the lab has."""


class Controller:
    """All pods of a lab. `changed` is called after every change of any of them."""

    def __init__(
        self, context: PodContext, settings: LabSettings, changed: Callable[[], None]
    ) -> None:
        self._context = context
        self._settings = settings
        self._changed = changed
        self._addresses = Addresses()
        self._lives: dict[str, PodRunner] = {}
        self._endings: set[asyncio.Task[None]] = set()
        self._watching: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._schedules_changed = asyncio.Event()
        self._plan: Plan | None = None
        self._planned_from: LabDocuments | None = None
        self.settled = False

    @property
    def lives(self) -> tuple[PodRunner, ...]:
        return tuple(self._lives.values())

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What authors should know of the pods that their documents ask for."""
        return self._plan.findings if self._plan else ()

    @property
    def counts(self) -> tuple[WorkloadCounts, ...]:
        """How far each workload is."""
        planned = self._planned().pods
        return workload_counts(planned, (life.current for life in self._lives.values()))

    @property
    def all_ready(self) -> bool:
        """Whether every wanted pod is ready or has completed, and no step is left to take."""
        done = (pod.ready or pod.phase is Phase.SUCCEEDED for pod in self._lives.values())
        return self.settled and all(done)

    @property
    def stuck(self) -> tuple[PodRunner, ...]:
        """The pods that wait for other documents, once all others are ready; else nobody."""
        waiting = [pod for pod in self._lives.values() if pod.stuck]
        done = (p.stuck or p.ready or p.phase is Phase.SUCCEEDED for p in self._lives.values())
        return tuple(waiting) if self.settled and all(done) else ()

    def look_again(self) -> None:
        """Something changed: documents or a pod."""
        self._wake.set()
        self._changed()

    def life(self, key: str) -> PodRunner:
        if key not in self._lives:
            raise NoSuchWorkload(f"there is no pod {key}; `gossamer status` lists the pods")
        return self._lives[key]

    async def run(self) -> None:
        """Reconcile after every change, one pass at a time."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            self._reconcile()
            self._changed()

    async def run_schedules(self) -> None:
        """Start the runs of CronJobs, each at its minute."""
        while True:
            self._schedules_changed.clear()
            now = utc_now()
            moment = next_due(self._context.documents(), now)
            seconds = None if moment is None else (moment - now).total_seconds()
            try:
                await asyncio.wait_for(self._schedules_changed.wait(), seconds)
            except TimeoutError:
                if moment is not None:
                    self.run_due(moment)

    def run_due(self, moment: datetime) -> None:
        """A minute has come at which CronJobs run."""
        documents = self._context.documents()
        runs = runs_after(self._settings.cron_runs, documents, moment, self._is_busy)
        self._settings = replace(self._settings, cron_runs=runs)
        self._plan = None
        self.look_again()

    def _is_busy(self, cron: str, minute: int) -> bool:
        run = job_name(cron, minute)
        return any(
            f"{life.plan.namespace}/{life.plan.workload}" == run and life.phase is Phase.RUNNING
            for life in self._lives.values()
        )

    def _reconcile(self) -> None:
        plan = self._planned()
        uses = gateway_uses(self._context.documents())
        wanted = [with_gateway_ports(pod, uses) for pod in plan.pods]
        steps = rollout((life.current for life in self._lives.values()), wanted)
        for step in steps:
            if isinstance(step, Start):
                self._start(step)
            else:
                self._stop(step)
        for pod in wanted:
            life = self._lives.get(pod.key)
            if life and life.plan.template == pod.template:
                life.bind(replace(life.plan, gateway_ports=pod.gateway_ports))
        held = {(life.key, life.plan.template) for life in self._lives.values()}
        asked = {(pod.key, pod.template) for pod in wanted}
        self.settled = not steps and held == asked and not self._endings

    def _planned(self) -> Plan:
        documents = self._context.documents()
        if self._plan is None or documents is not self._planned_from:
            self._plan, self._planned_from = plan_pods(documents, self._settings), documents
        return self._plan

    def _start(self, step: Start) -> None:
        key = step.plan.key
        self._addresses = self._addresses.take(key)
        life = PodRunner(step.plan, self._addresses.of(key), self._context, self.look_again)
        self._lives[key] = life
        log.info("pod-starts", pod=key, address=life.addresses[0])
        self._context.note(step.plan.ref, "Scheduled", f"{key} starts at {life.addresses[0]}")
        self._told_owner(life, "SuccessfulCreate", "Created")
        life.begin()

    def _stop(self, step: Stop) -> None:
        self._told_owner(self._lives[step.key], "SuccessfulDelete", "Deleted")
        self._end(self._lives[step.key], None)

    def _told_owner(self, life: PodRunner, reason: str, verb: str) -> None:
        if life.plan.owner != life.plan.ref:
            self._context.note(life.plan.owner, reason, f"{verb} pod: {life.plan.name}")

    def _end(self, life: PodRunner, grace_s: float | None) -> None:
        if life.phase is Phase.ENDING:
            return
        ending = self._ended(life, life.withdraw(), grace_s)
        task = asyncio.create_task(ending, name=f"end {life.key}")
        self._endings.add(task)
        task.add_done_callback(self._endings.discard)

    async def _ended(self, life: PodRunner, was_ready: bool, grace_s: float | None) -> None:
        log.info("pod-ends", pod=life.key)
        try:
            await life.end(was_ready, grace_s)
        finally:
            del self._lives[life.key]
            self._addresses = self._addresses.free(life.key)
            clear(life.key, self._context)
            asyncio.get_running_loop().call_soon(self.look_again)

    def documents_changed(self) -> None:
        """New documents: ConfigMaps may have changed under running pods, too."""
        self._schedules_changed.set()
        for life in self._lives.values():
            if life.plan.volumes and life.sandbox:
                write_volumes(life.plan, life.addresses, self._context)
        self.look_again()

    def proxy_fell(self, key: str) -> None:
        """An Envoy exited unexpectedly."""
        if life := self._lives.get(key):
            task = asyncio.create_task(life.proxy_fell(), name=f"proxy of {key}")
            self._watching.add(task)
            task.add_done_callback(self._watching.discard)

    def restart(self, kind: str, namespace: str, name: str) -> None:
        """Make a workload's pods anew, by its own rolling update."""
        ref = f"{kind} {namespace}/{name}"
        known = {(p.kind, p.namespace, p.workload) for p in self._planned().pods}
        if (kind, namespace, name) not in known:
            raise NoSuchWorkload(f"there is no {ref} with pods; `gossamer status` lists them")
        counts = {**self._settings.restarts, ref: self._settings.restarts.get(ref, 0) + 1}
        self._settings = replace(self._settings, restarts=counts)
        self._plan = None
        self.look_again()

    def rule(self, lab: LabFile, stand_in: bool) -> None:
        """Another lab.yaml: pods for which it says otherwise are made anew."""
        self._settings = replace(
            self._settings, images=lab.rules, stand_in_for_all=stand_in or lab.stand_in
        )
        self._plan = None
        self.look_again()

    def delete(self, key: str) -> None:
        """End one pod; its workload brings another."""
        self._end(self.life(key), None)
        self.look_again()

    async def end_all(self, longest_s: float) -> None:
        """End every pod at once, with the shortest graces: the lab goes down."""
        for life in self.lives:
            self._end(life, min(longest_s, life.plan.termination_grace_s))
        if self._endings:
            await asyncio.wait(self._endings)

    def preview(
        self, documents: LabDocuments
    ) -> tuple[tuple[WorkloadChange, ...], tuple[PodSeen, ...]]:
        """What these documents would change: by workload the pods, and all pods at the end."""
        uses = gateway_uses(documents)
        plan = plan_pods(documents, self._settings)
        wanted = [with_gateway_ports(pod, uses) for pod in plan.pods]
        changes = pod_changes((life.current for life in self._lives.values()), wanted)
        return changes, tuple(self._supposed(wanted))

    def _supposed(self, wanted: Iterable[PodPlan]) -> Iterator[PodSeen]:
        addresses = self._addresses
        for plan in wanted:
            folder, life = self._context.proxy_folder(plan.key), self._lives.get(plan.key)
            if life is None or life.plan.template != plan.template:
                addresses = addresses.take(plan.key)
                yield pod_to_come(plan, addresses.of(plan.key), folder)
            elif life.phase is Phase.RUNNING:
                yield pod_seen(life, folder)

    def observations(self) -> Iterator[PodSeen]:
        """Every pod as the plane wants to hear of it; completed ones are gone for the mesh."""
        for life in self._lives.values():
            if life.phase in (Phase.RUNNING, Phase.ENDING):
                yield pod_seen(life, self._context.proxy_folder(life.key))
