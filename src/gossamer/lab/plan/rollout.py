"""From the pods that run to the pods that should: which to start and which to stop right now.

Level-triggered: asked again after every change, it always answers with the next safe steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import TypeVar

from gossamer.lab.plan.pod.pod import PodPlan


class Phase(StrEnum):
    """Where a pod is in its life, as far as a rollout cares."""

    RUNNING = "running"
    ENDING = "ending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CurrentPod:
    """A pod that exists now."""

    plan: PodPlan
    ready: bool
    phase: Phase = Phase.RUNNING


@dataclass(frozen=True, slots=True)
class Start:
    """Start a pod that does not exist."""

    plan: PodPlan


@dataclass(frozen=True, slots=True)
class Stop:
    """Drain and end a pod."""

    key: str


Item = TypeVar("Item")
Step = Start | Stop
Workload = tuple[str, str, str]


def rollout(current: Iterable[CurrentPod], desired: Iterable[PodPlan]) -> tuple[Step, ...]:
    """The steps to take now, workload by workload."""
    running = _by_workload(current, lambda pod: pod.plan)
    wanted = _by_workload(desired, lambda plan: plan)
    return tuple(
        step
        for workload in sorted({*running, *wanted})
        for step in _steps(running.get(workload, []), wanted.get(workload, []))
    )


def _by_workload(
    items: Iterable[Item], plan: Callable[[Item], PodPlan]
) -> dict[Workload, list[Item]]:
    def workload(item: Item) -> Workload:
        return plan(item).namespace, plan(item).kind, plan(item).workload

    ordered = sorted(items, key=lambda item: (workload(item), plan(item).ordinal, plan(item).name))
    return {key: list(group) for key, group in groupby(ordered, workload)}


def _steps(current: list[CurrentPod], desired: list[PodPlan]) -> Iterator[Step]:
    if not desired:
        return (Stop(pod.plan.key) for pod in current if pod.phase is not Phase.ENDING)
    return _RULES.get(desired[0].strategy.kind, _recreate)(current, desired)


@dataclass(frozen=True, slots=True)
class _Split:
    """A workload's pods, told apart."""

    alive: list[CurrentPod]
    """Current by template and name, and not ending."""
    old: list[CurrentPod]
    missing: list[PodPlan]


def _split(current: list[CurrentPod], desired: list[PodPlan]) -> _Split:
    wanted = {(plan.key, plan.template) for plan in desired}
    held = {pod.plan.key for pod in current}
    staying = [pod for pod in current if pod.phase is not Phase.ENDING]
    return _Split(
        alive=[pod for pod in staying if (pod.plan.key, pod.plan.template) in wanted],
        old=[pod for pod in staying if (pod.plan.key, pod.plan.template) not in wanted],
        missing=[plan for plan in desired if plan.key not in held],
    )


def _rolling(current: list[CurrentPod], desired: list[PodPlan]) -> Iterator[Step]:
    """New pods within the surge; old ones go as new ones are ready."""
    parts, strategy = _split(current, desired), desired[0].strategy
    sandbox = len(desired) + strategy.surge - len(parts.alive) - len(parts.old)
    yield from map(Start, parts.missing[: max(0, sandbox)])
    ready = sum(pod.ready for pod in (*parts.alive, *parts.old))
    spare = ready - (len(desired) - strategy.unavailable)
    for pod in sorted(parts.old, key=lambda pod: (pod.ready, -pod.plan.ordinal)):
        if pod.ready and spare <= 0:
            return
        spare -= pod.ready
        yield Stop(pod.plan.key)


def _recreate(current: list[CurrentPod], desired: list[PodPlan]) -> Iterator[Step]:
    """Old pods end first; new ones start when none is left."""
    parts = _split(current, desired)
    if parts.old:
        return (Stop(pod.plan.key) for pod in parts.old)
    if any(pod.phase is Phase.ENDING for pod in current):
        return iter(())
    return map(Start, parts.missing)


def _parallel(current: list[CurrentPod], desired: list[PodPlan]) -> Iterator[Step]:
    """A StatefulSet that does not mind order: each name is replaced on its own."""
    parts = _split(current, desired)
    yield from (Stop(pod.plan.key) for pod in parts.old)
    yield from map(Start, parts.missing)


def _ordered(current: list[CurrentPod], desired: list[PodPlan]) -> Iterator[Step]:
    """One at a time: up from the lowest ordinal, down and over from the highest."""
    parts = _split(current, desired)
    highest = desired[-1].ordinal
    surplus = [pod for pod in parts.old if pod.plan.ordinal > highest]
    outdated = [pod for pod in parts.old if pod.plan.ordinal <= highest]
    if any(pod.phase is Phase.ENDING for pod in current):
        return
    if parts.missing:
        first = parts.missing[0]
        below = [pod for pod in (*parts.alive, *outdated) if pod.plan.ordinal < first.ordinal]
        if all(pod.ready for pod in below):
            yield Start(first)
    elif surplus:
        yield Stop(surplus[-1].plan.key)
    elif outdated:
        unready = [pod for pod in outdated if not pod.ready]
        if unready or all(pod.ready for pod in parts.alive):
            yield Stop((unready or outdated)[-1].plan.key)


def _job(current: list[CurrentPod], desired: list[PodPlan]) -> Iterator[Step]:
    """As many at once as `parallelism` says; who has completed is not started again."""
    parts = _split(current, desired)
    yield from (Stop(pod.plan.key) for pod in parts.old)
    busy = sum(pod.phase in (Phase.RUNNING, Phase.ENDING) for pod in current)
    if any(pod.phase is Phase.FAILED for pod in parts.alive):
        return
    yield from map(Start, parts.missing[: max(0, desired[0].strategy.surge - busy)])


_RULES: dict[str, Callable[[list[CurrentPod], list[PodPlan]], Iterator[Step]]] = {
    "RollingUpdate": _rolling,
    "Recreate": _recreate,
    "OrderedReady": _ordered,
    "Parallel": _parallel,
    "Job": _job,
}
