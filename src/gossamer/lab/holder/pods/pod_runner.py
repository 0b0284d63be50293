"""One pod's life: network, files, proxy, init containers, containers; and the way back.

Its state is plain attributes that the controller and the control socket read; every change of
them calls `changed`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from gossamer.capture.plan import read_plan
from gossamer.lab.holder.pods.container_runner import ContainerRunner, ContainerState, once
from gossamer.lab.holder.pods.obstacles import CONFIG_ERROR, NO_COMMAND, START_ERROR
from gossamer.lab.holder.pods.pod_context import PodContext
from gossamer.lab.holder.pods.pod_sandbox import PodSandbox, container_runner, prepare
from gossamer.lab.holder.pods.reason import reason_of
from gossamer.lab.plan.pod.pod import PodPlan
from gossamer.lab.plan.rollout import CurrentPod, Phase
from gossamer.process.clock import utc_now
from gossamer.process.event_log import EventLog

log = EventLog("gossamer.lab")

DRAIN_LIMIT_S = 5.0
INITIALIZING = "its init containers run"
PROXY_END_S = 5.0


class PodRunner:
    """A pod from its first moment to its last."""

    def __init__(
        self,
        plan: PodPlan,
        addresses: tuple[str, ...],
        context: PodContext,
        changed: Callable[[], None],
    ) -> None:
        self.plan = plan
        self.addresses = addresses
        self.phase = Phase.RUNNING
        self.proxy_ready = False
        self.init_lives: tuple[ContainerRunner, ...] = ()
        self.lives: tuple[ContainerRunner, ...] = ()
        self.sandbox: PodSandbox | None = None
        self.created = utc_now()
        self.obstacle = ""
        self._documents_wanted = False
        self._waiting = "starting"
        self._context = context
        self._changed = changed
        self._task: asyncio.Task[None] | None = None

    @property
    def key(self) -> str:
        return self.plan.key

    @property
    def has_proxy(self) -> bool:
        return self.plan.injected or self.plan.gateway

    @property
    def ready(self) -> bool:
        """Whether it may be sent requests."""
        if self.phase is not Phase.RUNNING or self._waiting:
            return False
        return (self.proxy_ready or not self.has_proxy) and all(life.ready for life in self.lives)

    @property
    def stuck(self) -> bool:
        """Whether time alone will not make it ready: documents or programs have to change."""
        return self._documents_wanted or any(life.looping for life in self.everyone)

    @property
    def everyone(self) -> tuple[ContainerRunner, ...]:
        """Its init containers in their order, as far as they were started; then the others."""
        return (*self.init_lives, *self.lives)

    @property
    def reason(self) -> str:
        """Why it is not ready, in words; empty where it is."""
        if self._waiting == INITIALIZING:
            last = self.init_lives[-1]
            return f"init container {last.plan.name!r}: {last.trouble}"
        if self._waiting:
            return self._waiting
        if self.has_proxy and not self.proxy_ready:
            return f"its proxy is not ready: {self._context.proxies.what_is_missing(self.key)}"
        return "; ".join(f"{x.plan.name}: {x.trouble}" for x in self.lives if not x.ready)

    @property
    def greets(self) -> frozenset[int]:
        """The ports on which its containers speak first."""
        return frozenset(port for life in self.lives for port in life.greets)

    @property
    def current(self) -> CurrentPod:
        return CurrentPod(self.plan, self.ready, self.phase)

    def begin(self) -> None:
        self._task = asyncio.create_task(self._live(), name=f"pod {self.key}")

    def _wait_for(self, reason: str) -> None:
        self.obstacle = ""
        self._stand(reason, stuck=False)

    def _stick_at(self, reason: str, obstacle: str = "") -> None:
        """`obstacle` is the word for it (`NoCommand`)."""
        if reason != self._waiting and obstacle:
            self._context.note(self.plan.ref, obstacle, reason)
        self.obstacle = obstacle
        self._stand(reason, stuck=True)

    def _stand(self, reason: str, *, stuck: bool) -> None:
        if (reason, stuck) != (self._waiting, self._documents_wanted):
            self._waiting, self._documents_wanted = reason, stuck
            self._changed()

    async def _live(self) -> None:
        try:
            ended_well = await self._to_the_end()
        except Exception as error:
            log.exception("pod-not-started", pod=self.key)
            self._stick_at(f"could not be started: {reason_of(error)}", START_ERROR)
            return
        if self.phase is Phase.ENDING:
            return
        self.phase = Phase.SUCCEEDED if ended_well else Phase.FAILED
        if ended_well:
            self._wait_for("completed")
        else:
            self._stick_at(self._failure())
        await self._end_proxy()

    async def _to_the_end(self) -> bool:
        await self._context.ground.add_pod(self.key, self.addresses)
        self.sandbox = await self._prepared()
        if self.has_proxy:
            await self._bring_proxy()
        if not await self._initialize(self.sandbox):
            return False
        self.lives = tuple(
            container_runner(c, self.plan, self.sandbox, self._context, self._changed)
            for c in self.plan.containers
        )
        self._wait_for("")
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(life.live()) for life in self.lives]
            if not tasks:
                await asyncio.Event().wait()
        return all(task.result() for task in tasks)

    async def _prepared(self) -> PodSandbox:
        """Files and variables; waits for whatever they refer to."""
        while True:
            outcome = await prepare(self.plan, self.addresses, self._context)
            if isinstance(outcome, PodSandbox):
                return outcome
            self._stick_at(outcome, self._missing())
            await self._context.documents_changed()

    def _missing(self) -> str:
        """The word for what its containers lack."""
        everyone = (*self.plan.init_containers, *self.plan.containers)
        return NO_COMMAND if any(each.argv is None for each in everyone) else CONFIG_ERROR

    async def _bring_proxy(self) -> None:
        self._wait_for("waiting for its proxy")
        self._context.proxies.want(self.plan, self.addresses)
        await self._context.proxies.until_ready(self.key)
        self.proxy_ready = True
        if self.plan.injected:
            capture, complaints = read_plan(self.plan.annotations)
            for complaint in complaints:
                log.warning("capture-annotation", pod=self.key, problem=complaint)
            await self._context.ground.set_capture(self.key, capture)

    async def _initialize(self, sandbox: PodSandbox) -> bool:
        for container in self.plan.init_containers:
            life = container_runner(container, self.plan, sandbox, self._context, self._changed)
            life.policy = once(self.plan.restart_policy)
            self.init_lives += (life,)
            self._wait_for(INITIALIZING)
            if not await life.live():
                return False
        return True

    def _failure(self) -> str:
        bad = [x for x in self.everyone if x.exit_status]
        return "; ".join(f"{x.plan.name}: {x.trouble}" for x in bad) or self._waiting

    async def proxy_fell(self) -> None:
        """Its Envoy exited unexpectedly: not ready until the agent has it back."""
        if self.phase is Phase.RUNNING and self.proxy_ready:
            self.proxy_ready = False
            self._context.note(self.plan.ref, "ProxyExited", "Its Envoy ended and is started again")
            self._changed()
            await self._context.proxies.until_ready(self.key)
            self.proxy_ready = True
            self._changed()

    def bind(self, plan: PodPlan) -> None:
        """Take over what may change without a restart: the ports bound to a gateway."""
        if plan != self.plan:
            self.plan = plan
            if self.has_proxy and self.proxy_ready:
                self._context.proxies.want(plan, self.addresses)
            self._changed()

    def withdraw(self) -> bool:
        """From this moment on it takes no requests; whether it took some before."""
        was_ready, self.phase = self.ready, Phase.ENDING
        self._wait_for("ending")
        return was_ready

    async def end(self, was_ready: bool, grace_s: float | None = None) -> None:
        """After `withdraw`: known to everyone, drained, asked to leave, made to leave, gone."""
        grace = self.plan.termination_grace_s if grace_s is None else grace_s
        if was_ready and grace_s is None:
            await self._context.on_change()
            await self._drained(min(grace, DRAIN_LIMIT_S))
        self._detach()
        async with asyncio.TaskGroup() as group:
            for life in self.everyone:
                if life.state is not ContainerState.ENDED:
                    group.create_task(life.ask_to_leave(grace))
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self._end_proxy()
        await self._context.ground.remove_pod(self.key)

    def _detach(self) -> None:
        """From here on an ended container stays ended."""
        for life in self.everyone:
            life.retire()

    async def _drained(self, seconds: float) -> None:
        if self.has_proxy and seconds > 0:
            await self._context.proxies.drain(self.key, seconds)

    async def _end_proxy(self) -> None:
        if self.has_proxy:
            await self._context.proxies.unwant(self.key)
            await self._context.runner.stop(f"envoy/{self.key}", 15, PROXY_END_S)
