"""The one word of a pod's state, as kubectl prints it under STATUS."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from gossamer.lab.holder.pods.container_run import iso
from gossamer.lab.holder.pods.container_runner import ContainerRunner, ContainerState
from gossamer.lab.holder.pods.pod_runner import PodRunner
from gossamer.lab.plan.rollout import Phase


def status_word(pod: PodRunner) -> str:
    """`Running`, `CrashLoopBackOff`, `Init:0/2`: by the rules of kubectl's printer."""
    if pod.phase is Phase.ENDING:
        return "Terminating"
    if (init := _init_word(pod)) is not None:
        return init
    if not pod.lives:
        return _without_containers(pod)
    words = [_container_word(life) for life in reversed(pod.lives)]
    status = next((each for each in reversed(words) if each), "Running")
    running = any(life.ready and life.state is ContainerState.RUNNING for life in pod.lives)
    if status != "Completed" or pod.phase is Phase.SUCCEEDED:
        return status
    return "Running" if running else status


def _without_containers(pod: PodRunner) -> str:
    if pod.obstacle:
        return pod.obstacle
    if pod.phase is Phase.FAILED:
        return "Error"
    if pod.plan.gateway and pod.proxy_ready:
        return "Running"
    if pod.plan.init_containers:
        return f"Init:0/{len(pod.plan.init_containers)}"
    return "PodInitializing" if pod.sandbox else "ContainerCreating"


def _init_word(pod: PodRunner) -> str | None:
    """The word while its init containers run or fail; None before and after."""
    total = len(pod.plan.init_containers)
    for done, life in enumerate(pod.init_lives):
        if life.state is ContainerState.ENDED and life.exit_status == 0:
            continue
        return f"Init:{_container_word(life) or f'{done}/{total}'}"
    if pod.init_lives and not pod.lives and len(pod.init_lives) < total:
        return f"Init:{len(pod.init_lives)}/{total}"
    return "PodInitializing" if pod.init_lives and not pod.lives else None


def _container_word(life: ContainerRunner) -> str:
    """Empty while it runs."""
    if life.state is ContainerState.RUNNING:
        return ""
    if life.state is ContainerState.WAITING:
        return "CrashLoopBackOff" if life.run else "ContainerCreating"
    return "Error" if life.exit_status else "Completed"


def restarts_of(pod: PodRunner) -> tuple[int, str | None]:
    """How often its containers were started again, and when one of them last ended before that;
    those of its init containers until the others run."""
    counted = pod.lives or pod.init_lives
    ends = list(_last_ends(counted))
    return sum(life.restarts for life in counted), iso(max(ends)) if ends else None


def _last_ends(lives: tuple[ContainerRunner, ...]) -> Iterator[datetime]:
    for life in lives:
        waits = life.state is ContainerState.WAITING
        run = life.run if waits else life.last_run
        if run and run.ended and life.restarts:
            yield run.ended
