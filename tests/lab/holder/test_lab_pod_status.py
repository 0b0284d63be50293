"""A pod's state in kubectl's one word, from its first moment to its last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gossamer.lab.holder.pods.container_runner import ContainerState
from gossamer.lab.holder.pods.pod_runner import PodRunner
from gossamer.lab.holder.pods.pod_shape import pod_shape
from gossamer.lab.holder.pods.pod_status import restarts_of, status_word
from gossamer.lab.plan.documents import LabDocument
from gossamer.lab.plan.pod.environment import KeyRef
from gossamer.lab.plan.pod.pod import Container, PodPlan, RestartPolicy
from gossamer.lab.plan.rollout import Phase
from tests.lab.holder.stand_ins import Changes, FakeSite

APP = Container("app", "web:1", ("/bin/web",))
POD = PodPlan("shop", "web-1", "web", "Deployment", "t", containers=(APP,))
APP_NAME = "container/shop/web-1/app"
SETUP = "container/shop/web-1/setup"


class Stage:
    """A pod that lives among fakes, whose word a test waits for."""

    def __init__(self, plan: PodPlan, folder: Path) -> None:
        self.fake = FakeSite(folder)
        self.changes = Changes()
        self.pod = PodRunner(plan, ("10.244.1.1",), self.fake.context, self.changes)
        self.pod.begin()

    async def until(self, word: str) -> None:
        await self.changes.until(lambda: status_word(self.pod) == word)


async def test_a_running_pod_that_is_asked_to_leave(tmp_path: Path) -> None:
    """ContainerCreating, Running, Terminating; with its proxy one container more."""
    stage = Stage(replace(POD, injected=True), tmp_path)
    assert status_word(stage.pod) == "ContainerCreating"
    await stage.until("PodInitializing")
    stage.fake.proxies.ready.set()
    await stage.until("Running")
    await stage.changes.until(lambda: stage.pod.ready)
    shape = pod_shape(stage.pod, None)
    assert (shape.ready_containers, shape.total_containers) == (2, 2)
    stage.pod.withdraw()
    assert status_word(stage.pod) == "Terminating"


async def test_an_image_that_nothing_runs(tmp_path: Path) -> None:
    """NoCommand, and an event that says what helps."""
    stage = Stage(replace(POD, containers=(replace(APP, argv=None, reason="none"),)), tmp_path)
    await stage.until("NoCommand")
    assert [(about.name, reason) for about, reason, _ in stage.fake.noted] == [
        ("web-1", "NoCommand")
    ]


async def test_a_missing_config_map(tmp_path: Path) -> None:
    """The kubelet's word for it."""
    at = LabDocument("Pod", "v1", "shop", "web-1", {}, "mesh.yaml", 3).root
    container = replace(APP, env=(KeyRef("COLOR", "ConfigMap", "paint", "color", False, at),))
    await Stage(replace(POD, containers=(container,)), tmp_path).until("CreateContainerConfigError")


async def test_a_crash_loop_counts_and_waits(tmp_path: Path) -> None:
    """The first restart is at once; from the second end on it waits, and says so."""
    stage = Stage(POD, tmp_path)
    for _ in range(2):
        await stage.fake.runner.until_runs(APP_NAME)
        stage.fake.runner.end(APP_NAME, 1)
        await stage.changes.until(lambda: APP_NAME not in stage.fake.runner.running)
    await stage.until("CrashLoopBackOff")
    restarts, restarted = restarts_of(stage.pod)
    assert restarts == 1
    assert restarted
    assert "BackOff" in [reason for _, reason, _ in stage.fake.noted]


@pytest.mark.parametrize(("status", "word"), [(0, "Completed"), (3, "Error"), (-9, "Error")])
async def test_a_pod_that_is_not_started_again(tmp_path: Path, status: int, word: str) -> None:
    """How a Job's pod or a bare one ends."""
    stage = Stage(replace(POD, restart_policy=RestartPolicy.NEVER), tmp_path)
    await stage.fake.runner.until_runs(APP_NAME)
    stage.fake.runner.end(APP_NAME, status)
    await stage.changes.until(lambda: stage.pod.phase is not Phase.RUNNING)
    assert status_word(stage.pod) == word


async def test_one_container_of_two_completes(tmp_path: Path) -> None:
    """The pod is Running as long as another one is."""
    plan = replace(POD, containers=(APP, replace(APP, name="once")))
    stage = Stage(replace(plan, restart_policy=RestartPolicy.NEVER), tmp_path)
    await stage.fake.runner.until_runs("container/shop/web-1/once")
    await stage.changes.until(lambda: all(life.ready for life in stage.pod.lives))
    stage.fake.runner.end("container/shop/web-1/once", 0)
    await stage.changes.until(lambda: stage.pod.lives[1].state is ContainerState.ENDED)
    assert status_word(stage.pod) == "Running"


INITIALIZING: list[tuple[str, Callable[[FakeSite], None] | None]] = [
    ("Init:0/2", None),
    ("Init:1/2", lambda fake: fake.runner.end(SETUP, 0)),
]


@pytest.mark.parametrize(("word", "act"), INITIALIZING)
async def test_init_containers_are_counted(
    tmp_path: Path, word: str, act: Callable[[FakeSite], None] | None
) -> None:
    """How many are done of how many."""
    inits = (replace(APP, name="setup"), replace(APP, name="more"))
    stage = Stage(replace(POD, init_containers=inits), tmp_path)
    await stage.fake.runner.until_runs(SETUP)
    if act:
        act(stage.fake)
        await stage.fake.runner.until_runs("container/shop/web-1/more")
    await stage.until(word)


async def test_a_failing_init_container_is_told_as_such(tmp_path: Path) -> None:
    """Init:Error where it is not started again, Init:CrashLoopBackOff where it is."""
    plan = replace(POD, init_containers=(replace(APP, name="setup"),))
    never = Stage(replace(plan, restart_policy=RestartPolicy.NEVER), tmp_path)
    await never.fake.runner.until_runs(SETUP)
    never.fake.runner.end(SETUP, 1)
    await never.until("Init:Error")
    again = Stage(plan, tmp_path)
    for _ in range(2):
        await again.fake.runner.until_runs(SETUP)
        again.fake.runner.end(SETUP, 1)
        await again.changes.until(lambda: SETUP not in again.fake.runner.running)
    await again.until("Init:CrashLoopBackOff")
