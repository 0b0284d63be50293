"""One container's life: started, probed, restarted with back-off, ended."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from gossamer.lab.holder.pods.container_run import ContainerRun, next_run
from gossamer.lab.holder.pods.pod_context import Runner
from gossamer.lab.plan.pod.pod import Container, RestartPolicy
from gossamer.process.clock import utc_now
from gossamer.process.probes.ask import ProbeAnswer
from gossamer.process.probes.probe import Probe, ProbeKind
from gossamer.process.supervision.processes import Process

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
EAGER_S = 0.25
"""How often an unready container is asked, so that a lab is up as soon as it can be."""

LISTENING_S = 10.0
"""How long a container without a readiness probe is waited for to accept on its first port."""

LOOPING_RESTARTS = 5
"""A container that failed this often and waits for its next start is said to loop."""

STEADY_S = 60.0
"""A container that ran this long starts its back-off anew."""

Hear = Callable[[Iterable[int]], Awaitable[frozenset[int]]]
"""The ports that a container declares -> those of its pod, declared or not, where the
application speaks first."""

Ask = Callable[[Probe], Awaitable[ProbeAnswer]]


Occurred = Callable[[str, str], None]
"""Takes the reason of an event (`BackOff`) and its message."""


def unheard(reason: str, message: str) -> None:
    """Nobody keeps events."""


class ContainerState(StrEnum):
    """Where a container is."""

    WAITING = "waiting"
    RUNNING = "running"
    ENDED = "ended"


@dataclass(slots=True)
class ContainerRunner:
    """Runs one container until its policy says that it has ended for good."""

    plan: Container
    process: Process
    policy: RestartPolicy
    runner: Runner
    ask: Ask
    changed: Callable[[], None]
    backoff_limit: int | None = None
    hear: Hear | None = None
    greets: frozenset[int] = frozenset()
    state: ContainerState = ContainerState.WAITING
    ready: bool = False
    restarts: int = 0
    exit_status: int | None = None
    reason: str = "not started yet"
    retired: bool = False
    run: ContainerRun | None = None
    last_run: ContainerRun | None = None
    occurred: Occurred = unheard
    complaint: str = ""

    @property
    def looping(self) -> bool:
        """Whether it failed again and again, so that waiting will not help."""
        return self.state is ContainerState.WAITING and self.restarts >= LOOPING_RESTARTS

    @property
    def trouble(self) -> str:
        """The reason why it is not ready, and how often it was started again."""
        times = f", restarted {self.restarts} time{'s' * (self.restarts > 1)}"
        return f"{self.reason or 'started'}{times if self.restarts else ''}"

    async def live(self) -> bool:
        """Run to the end; whether it ended well."""
        pause = 0.0
        while True:
            began = asyncio.get_running_loop().time()
            status = await self._once()
            if not self._again(status):
                return status == 0
            steady = asyncio.get_running_loop().time() - began >= STEADY_S
            pause = 0.0 if steady else pause
            self._say(ContainerState.WAITING, f"{_ended(status)}; starts again in {pause:g} s")
            if pause:
                self.occurred("BackOff", f"Back-off restarting failed container {self.plan.name}")
            await asyncio.sleep(pause)
            if self.retired:
                return False
            pause = min(LONGEST_PAUSE_S, max(FIRST_PAUSE_S, pause * 2))
            self.restarts += 1

    async def _once(self) -> int:
        self.run, self.last_run = next_run(self.process.log, self.run)
        exited = await self.runner.start(self.process)
        self.exit_status = None
        self.occurred("Started", f"Started container {self.plan.name}")
        self._say(ContainerState.RUNNING, self._why_unready("started"))
        probing = asyncio.create_task(self._probe())
        try:
            status = await asyncio.shield(exited)
        finally:
            probing.cancel()
        self.exit_status, self.run = status, self.run.over(status)
        self._say(ContainerState.ENDED, _ended(status))
        return status

    def retire(self) -> None:
        """From now on, ended means ended."""
        self.retired = True

    def _again(self, status: int) -> bool:
        if self.retired:
            return False
        if self.policy is RestartPolicy.NEVER and self.backoff_limit is None:
            return False
        if self.backoff_limit is not None and self.restarts >= self.backoff_limit:
            return False
        return self.policy is RestartPolicy.ALWAYS or status != 0

    def _why_unready(self, otherwise: str) -> str:
        probe = self.plan.readiness
        if probe is None:
            return otherwise
        if probe.initial_delay_s > 0:
            return f"readiness probe waits {probe.initial_delay_s:g} s before it first asks"
        return "readiness probe not answered yet"

    def _say(self, state: ContainerState, reason: str, ready: bool = False) -> None:
        if (state, reason, ready) != (self.state, self.reason, self.ready):
            self.state, self.reason, self.ready = state, reason, ready
            self.changed()

    async def _probe(self) -> None:
        """Startup first; then readiness and liveness beside each other."""
        if self.plan.startup:
            await self._until_begun(self.plan.startup)
        if self.plan.readiness is None:
            await self._until_listening()
            await self._hear()
            self._say(ContainerState.RUNNING, "", ready=True)
        async with asyncio.TaskGroup() as probes:
            if self.plan.readiness:
                probes.create_task(self._watch_readiness(self.plan.readiness))
            if self.plan.liveness:
                probes.create_task(self._watch_liveness(self.plan.liveness, "liveness"))

    async def _until_begun(self, probe: Probe) -> None:
        """Asked eagerly, given up when as many periods are over as it may fail."""
        await asyncio.sleep(probe.initial_delay_s)
        now = asyncio.get_running_loop().time
        late = now() + probe.period_s * (probe.failure_threshold - 1)
        while not (answer := await self.ask(probe)).well:
            self._say(ContainerState.RUNNING, f"startup probe: {answer.message}")
            self.occurred("Unhealthy", f"Startup probe failed: {answer.message}")
            if now() >= late:
                await self._end("startup", answer)
            await asyncio.sleep(min(EAGER_S, probe.period_s))

    async def _until_listening(self) -> None:
        """Without a readiness probe: until its first port accepts, or patience is over.

        Kubernetes calls such a container ready as soon as it runs, and the first calls of an
        application that is still starting fail.
        """
        port = next((port.number for port in self.plan.ports if port.protocol == "TCP"), 0)
        late = asyncio.get_running_loop().time() + LISTENING_S
        while port and asyncio.get_running_loop().time() < late:
            if (await self.ask(Probe(ProbeKind.TCP, port=port))).well:
                return
            await asyncio.sleep(EAGER_S)

    async def _hear(self) -> None:
        """Once for each start, before it is ready: on which of its ports it speaks first."""
        ports = [port.number for port in self.plan.ports if port.protocol == "TCP"]
        if self.hear:
            self.greets = await self.hear(ports)

    async def _watch_readiness(self, probe: Probe) -> None:
        await asyncio.sleep(probe.initial_delay_s)
        row, well, heard = 0, None, False
        while True:
            answer = await self.ask(probe)
            row = row + 1 if answer.well is well else 1
            well = answer.well
            if well and row >= probe.success_threshold:
                if not heard:
                    await self._hear()
                heard, self.complaint = True, ""
                self._say(ContainerState.RUNNING, "", ready=True)
            elif not well and (row >= probe.failure_threshold or not self.ready):
                self._unready(answer, probe.failure_threshold * probe.period_s)
            await asyncio.sleep(probe.period_s if self.ready else min(EAGER_S, probe.period_s))

    def _unready(self, answer: ProbeAnswer, patience_s: float) -> None:
        """An event for each new answer, but for those while it starts, when nothing is wrong."""
        reason = f"readiness probe: {answer.message}"
        starting = self.run and (utc_now() - self.run.started).total_seconds() < patience_s
        if reason != self.complaint and (self.ready or not starting):
            self.complaint = reason
            self.occurred("Unhealthy", f"Readiness probe failed: {answer.message}")
        self._say(ContainerState.RUNNING, reason)

    async def _watch_liveness(self, probe: Probe, kind: str) -> None:
        await asyncio.sleep(probe.initial_delay_s)
        failures = 0
        while True:
            answer = await self.ask(probe)
            failures = 0 if answer.well else failures + 1
            if not answer.well:
                self.occurred("Unhealthy", f"Liveness probe failed: {answer.message}")
            if failures >= probe.failure_threshold:
                await self._end(kind, answer)
            await asyncio.sleep(probe.period_s)

    async def _end(self, kind: str, answer: ProbeAnswer) -> None:
        """A failed probe ends the process; what comes after is the policy's business."""
        self._say(ContainerState.RUNNING, f"{kind} probe failed: {answer.message}")
        self.occurred("Killing", f"Container {self.plan.name} failed {kind} probe, is restarted")
        await self.runner.stop(self.process.name, signal.SIGTERM, 10.0)

    async def ask_to_leave(self, grace_s: float) -> None:
        """preStop, SIGTERM, the rest of the grace, SIGKILL."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + grace_s
        if self.state is ContainerState.RUNNING:
            self.occurred("Killing", f"Stopping container {self.plan.name}")
        if self.state is ContainerState.RUNNING and grace_s > 0:
            await self._pre_stop(grace_s)
        rest = max(0.0, deadline - loop.time())
        first = signal.SIGTERM if rest else signal.SIGKILL
        await self.runner.stop(self.process.name, first, rest)

    async def _pre_stop(self, grace_s: float) -> None:
        try:
            async with asyncio.timeout(grace_s):
                await asyncio.sleep(self.plan.pre_stop_sleep_s)
                if self.plan.pre_stop:
                    await self.ask(self.plan.pre_stop)
        except TimeoutError:
            self.reason = f"preStop took longer than {grace_s:g} s"


def _ended(status: int) -> str:
    if status == 0:
        return "completed"
    if status < 0:
        return f"ended by {signal.Signals(-status).name}"
    return f"exited with status {status}"


def once(policy: RestartPolicy) -> RestartPolicy:
    """The policy of an init container: it runs until it has succeeded, then never again."""
    return RestartPolicy.NEVER if policy is RestartPolicy.NEVER else RestartPolicy.ON_FAILURE


def is_question(probe: Probe) -> bool:
    """Whether a probe is asked over a socket; an exec probe is a process."""
    return probe.kind is not ProbeKind.EXEC
