"""The controller brings pods to what documents say."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import yaml

from gossamer.lab.holder.controller import Controller
from gossamer.lab.lab_file import LabFile
from gossamer.lab.plan.documents import LabDocument, LabDocuments
from gossamer.lab.plan.image_rules import ImageRule
from gossamer.lab.plan.pod.command import LabSettings
from gossamer.lab.plan.rollout import Phase
from tests.lab.holder.stand_ins import Changes, FakeSite

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: REPLICAS
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{name: app, image: IMAGE, command: [/bin/web]}]
"""


def web(replicas: int = 1, image: str = "web:1") -> LabDocuments:
    text = WEB.replace("REPLICAS", str(replicas)).replace("IMAGE", image)
    body = yaml.safe_load(text)
    return LabDocuments([LabDocument("Deployment", "apps/v1", "shop", "web", body)])


@contextlib.asynccontextmanager
async def controlled(fake: FakeSite) -> AsyncIterator[tuple[Controller, Changes]]:
    """A controller at work, with proxies that are ready at once."""
    fake.proxies.ready.set()
    changes = Changes()
    settings = LabSettings(runs_here=lambda program: True)
    controller = Controller(fake.context, settings, changes)
    task = asyncio.create_task(controller.run())
    controller.documents_changed()
    try:
        yield controller, changes
    finally:
        task.cancel()
        await controller.end_all(0.0)


async def test_pods_become_ready_and_are_observed(tmp_path: Path) -> None:
    """The plane hears of each pod with its address, account and readiness."""
    fake = FakeSite(tmp_path, web(2))
    async with controlled(fake) as (controller, changes):
        await changes.until(lambda: len(controller.lives) == 2 and controller.all_ready)
        observed = list(controller.observations())
    assert [pod.workload for pod in observed] == ["web", "web"]
    assert all(pod.ready and pod.injected and pod.host == "lab" for pod in observed)
    assert len({pod.ip[0] for pod in observed}) == 2


async def test_a_new_image_replaces_the_pods(tmp_path: Path) -> None:
    """The old pod ends only when the new one is ready."""
    fake = FakeSite(tmp_path, web())
    async with controlled(fake) as (controller, changes):
        await changes.until(lambda: len(controller.lives) == 1 and controller.all_ready)
        (old,) = controller.lives
        await fake.change(web(image="web:2"))
        controller.documents_changed()
        await changes.until(
            lambda: old not in controller.lives and controller.lives and controller.all_ready
        )
        assert len(controller.lives) == 1
    began = next(i for i, e in enumerate(fake.history) if "start" in e and old.key not in e)
    assert began < fake.history.index(f"remove {old.key}")


async def test_a_deleted_pod_comes_back_at_another_address(tmp_path: Path) -> None:
    """The workload brings the same name again; the address is not reused at once."""
    fake = FakeSite(tmp_path, web())
    async with controlled(fake) as (controller, changes):
        await changes.until(lambda: bool(controller.lives) and controller.all_ready)
        (old,) = controller.lives
        controller.delete(old.key)
        await changes.until(
            lambda: old not in controller.lives and controller.lives and controller.all_ready
        )
        assert controller.lives[0].addresses != old.addresses


async def test_restart_makes_new_pods(tmp_path: Path) -> None:
    """A restarted workload rolls over to pods of another hash."""
    fake = FakeSite(tmp_path, web())
    async with controlled(fake) as (controller, changes):
        await changes.until(lambda: bool(controller.lives) and controller.all_ready)
        (old,) = controller.lives
        controller.restart("Deployment", "shop", "web")
        await changes.until(
            lambda: old not in controller.lives and controller.lives and controller.all_ready
        )
        assert controller.lives[0].plan.template != old.plan.template


async def test_deleting_the_documents_ends_the_pods(tmp_path: Path) -> None:
    """No Deployment, no pods."""
    fake = FakeSite(tmp_path, web(2))
    async with controlled(fake) as (controller, changes):
        await changes.until(lambda: len(controller.lives) == 2 and controller.all_ready)
        await fake.change(LabDocuments(()))
        controller.documents_changed()
        await changes.until(lambda: not controller.lives)


async def test_an_ending_pod_is_observed_as_unready(tmp_path: Path) -> None:
    """Until it is gone, the plane knows it as a pod that takes no requests."""
    fake = FakeSite(tmp_path, web())
    async with controlled(fake) as (controller, changes):
        await changes.until(lambda: bool(controller.lives) and controller.all_ready)
        (life,) = controller.lives
        life.phase = Phase.ENDING
        assert [pod.ready for pod in controller.observations()] == [False]
        life.phase = Phase.RUNNING


async def test_pods_that_only_other_documents_help_are_told_once_the_rest_is_ready(
    tmp_path: Path,
) -> None:
    """Whoever waits for a start need not wait for them; fixed documents start them."""
    strange = yaml.safe_load(WEB.replace("REPLICAS", "1").replace("name: web", "name: strange"))
    del strange["spec"]["template"]["spec"]["containers"][0]["command"]
    document = LabDocument("Deployment", "apps/v1", "shop", "strange", strange)
    well = web()
    fake = FakeSite(tmp_path, LabDocuments([*well.of("Deployment"), document]))
    async with controlled(fake) as (controller, changes):
        await changes.until(lambda: bool(controller.stuck))
        assert [life.plan.workload for life in controller.stuck] == ["strange"]
        assert any(life.ready for life in controller.lives)
        await fake.change(well)
        controller.documents_changed()
        await changes.until(lambda: controller.all_ready)
        assert controller.stuck == ()


CRON = """
apiVersion: batch/v1
kind: CronJob
metadata: {name: tidy, namespace: shop}
spec:
  schedule: "* * * * *"
  jobTemplate:
    spec:
      template:
        metadata: {labels: {app: tidy}}
        spec:
          restartPolicy: Never
          terminationGracePeriodSeconds: 0
          containers: [{name: app, image: tidy, command: [/bin/tidy]}]
"""


async def test_a_cron_job_has_pods_once_its_minute_has_come(tmp_path: Path) -> None:
    """Nothing runs before; then the pod of a Job that is named by the minute."""
    body = yaml.safe_load(CRON)
    document = LabDocument("CronJob", "batch/v1", "shop", "tidy", body)
    fake = FakeSite(tmp_path, LabDocuments([document]))
    async with controlled(fake) as (controller, changes):
        await changes.until(lambda: controller.all_ready)
        assert not controller.lives
        moment = datetime(2026, 3, 2, 10, 31, tzinfo=UTC)
        controller.run_due(moment)
        await changes.until(lambda: len(controller.lives) == 1)
        assert controller.lives[0].plan.workload == f"tidy-{int(moment.timestamp()) // 60}"


async def test_another_lab_file_makes_the_pods_anew_that_it_concerns(tmp_path: Path) -> None:
    """What runs changes while the lab runs; a rule for other images changes nothing."""
    fake = FakeSite(tmp_path, web())
    async with controlled(fake) as (controller, changes):
        await changes.until(lambda: len(controller.lives) == 1 and controller.all_ready)
        (old,) = controller.lives
        controller.rule(LabFile((ImageRule("other", "sleep 1"),)), stand_in=False)
        await changes.until(lambda: controller.all_ready)
        assert controller.lives == (old,)
        controller.rule(LabFile((ImageRule("web", "/bin/mine"),)), stand_in=False)
        await changes.until(lambda: old not in controller.lives and controller.all_ready)
        (new,) = controller.lives
    assert new.plan.containers[0].argv == ("/bin/mine",)
