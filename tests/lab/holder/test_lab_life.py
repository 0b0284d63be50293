"""A pod's life, from its network to its last process."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from gossamer.lab.holder.pods import pod_sandbox
from gossamer.lab.holder.pods.pod_runner import PodRunner
from gossamer.lab.plan.documents import LabDocument, LabDocuments
from gossamer.lab.plan.pod.environment import KeyRef
from gossamer.lab.plan.pod.pod import Container, ContainerPort, PodPlan, RestartPolicy
from gossamer.lab.plan.rollout import Phase
from gossamer.process.probes.probe import Probe, ProbeKind
from tests.lab.holder.stand_ins import Changes, FakeSite

APP = Container("app", "web:1", ("/bin/web", "$(COLOR)"))
POD = PodPlan("shop", "web-1", "web", "Deployment", "t", containers=(APP,), injected=True)
NAME = "container/shop/web-1/app"


def begun(plan: PodPlan, fake: FakeSite) -> tuple[PodRunner, Changes]:
    changes = Changes()
    life = PodRunner(plan, ("10.244.1.1", "fd00:10:244::1:1"), fake.context, changes)
    life.begin()
    return life, changes


async def test_the_application_waits_for_its_proxy(tmp_path: Path) -> None:
    """Held with a visible reason until the proxy is ready; captured before it starts."""
    fake = FakeSite(tmp_path)
    life, changes = begun(POD, fake)
    await changes.until(lambda: life.reason == "waiting for its proxy")
    assert not life.stuck
    assert NAME not in fake.runner.running
    fake.proxies.ready.set()
    await changes.until(lambda: life.ready)
    assert fake.history == [
        "add shop/web-1",
        "furnish shop/web-1",
        "want shop/web-1",
        "capture shop/web-1",
        f"start {NAME}",
    ]


async def test_the_way_out_is_the_way_in_backwards(tmp_path: Path) -> None:
    """Everyone is told first, then drain, SIGTERM, the proxy, the network."""
    fake = FakeSite(tmp_path)
    fake.proxies.ready.set()
    life, changes = begun(POD, fake)
    await changes.until(lambda: life.ready)
    fake.history.clear()
    await life.end(life.withdraw())
    assert fake.history == [
        "told",
        "drain shop/web-1",
        f"stop {NAME} by 15",
        "unwant shop/web-1",
        "stop envoy/shop/web-1 by 15",
        "remove shop/web-1",
    ]


async def test_a_grace_of_zero_kills_at_once(tmp_path: Path) -> None:
    """terminationGracePeriodSeconds 0 means no SIGTERM."""
    fake = FakeSite(tmp_path)
    life, changes = begun(replace(POD, termination_grace_s=0.0, injected=False), fake)
    await changes.until(lambda: life.ready)
    await life.end(life.withdraw())
    assert f"stop {NAME} by 9" in fake.history


async def test_a_missing_reference_holds_the_pod_until_it_is_there(tmp_path: Path) -> None:
    """The reason names the object; applying it starts the pod with no restart of anything."""
    fake = FakeSite(tmp_path)
    at = LabDocument("Pod", "v1", "shop", "web-1", {}, "mesh.yaml", 3).root
    container = replace(APP, env=(KeyRef("COLOR", "ConfigMap", "paint", "color", False, at),))
    life, changes = begun(replace(POD, injected=False, containers=(container,)), fake)
    await changes.until(lambda: "ConfigMap shop/paint does not exist" in life.reason)
    assert life.stuck
    paint = LabDocument("ConfigMap", "v1", "shop", "paint", {"data": {"color": "green"}})
    await fake.change(LabDocuments([paint]))
    await changes.until(lambda: life.ready)
    assert not life.stuck
    assert fake.runner.processes[NAME].argv[-1] == "green"


async def test_an_image_that_nothing_runs_says_so(tmp_path: Path) -> None:
    """The pod stands with its reason; the lab goes on."""
    nothing = replace(APP, argv=None, reason="no local command for image 'web:1'")
    life, changes = begun(replace(POD, containers=(nothing,)), FakeSite(tmp_path))
    await changes.until(lambda: "web:1" in life.reason)
    assert not life.ready
    assert life.stuck


async def test_a_process_that_cannot_be_started_says_why(tmp_path: Path) -> None:
    """The kernel's own words, not those of the task that ran into them."""
    fake = FakeSite(tmp_path)

    async def too_long(_: object) -> None:
        raise OSError("Argument list too long")

    fake.runner.start = too_long  # type: ignore[method-assign, assignment]
    fake.proxies.ready.set()
    life, changes = begun(POD, fake)
    await changes.until(lambda: life.stuck)
    assert life.reason == "could not be started: Argument list too long"


async def test_a_job_completes_and_takes_its_proxy_along(tmp_path: Path) -> None:
    """The sidecar ends with the last application process."""
    fake = FakeSite(tmp_path)
    fake.proxies.ready.set()
    plan = replace(POD, kind="Job", restart_policy=RestartPolicy.NEVER, backoff_limit=0)
    life, changes = begun(plan, fake)
    await changes.until(lambda: life.ready)
    fake.runner.end(NAME, 0)
    await changes.until(lambda: life.phase is Phase.SUCCEEDED)
    assert life.reason == "completed"
    await life.end(life.withdraw())
    assert fake.history.count("unwant shop/web-1") == 2 or "stop envoy/shop/web-1 by 15" in (
        fake.history
    )


async def test_init_containers_run_one_after_the_other_first(tmp_path: Path) -> None:
    """The second starts when the first has completed; the application comes last."""
    fake = FakeSite(tmp_path)
    inits = (replace(APP, name="one"), replace(APP, name="two"))
    plan = replace(POD, injected=False, init_containers=inits)
    life, changes = begun(plan, fake)
    for name in ("one", "two"):
        await fake.runner.until_runs(f"container/shop/web-1/{name}")
        assert NAME not in fake.runner.running
        fake.runner.end(f"container/shop/web-1/{name}", 0)
    await changes.until(lambda: life.ready)


async def test_a_failing_init_container_is_named_with_its_restarts(tmp_path: Path) -> None:
    """Who looks at the pod sees which one fails, how, and how often; then it may yet succeed."""
    fake = FakeSite(tmp_path)
    plan = replace(POD, injected=False, init_containers=(replace(APP, name="setup"),))
    life, changes = begun(plan, fake)
    setup = "container/shop/web-1/setup"
    await fake.runner.until_runs(setup)
    fake.runner.end(setup, 3)
    await changes.until(lambda: "restarted 1 time" in life.reason)
    assert life.reason.startswith("init container 'setup': ")
    assert [each.plan.name for each in life.everyone] == ["setup"]
    fake.runner.end(setup, 0)
    await changes.until(lambda: life.ready)
    assert [each.plan.name for each in life.everyone] == ["setup", "app"]


async def test_a_fallen_container_is_restarted_and_counted(tmp_path: Path) -> None:
    """The first restart comes at once; the reason says how it ended."""
    fake = FakeSite(tmp_path)
    life, changes = begun(replace(POD, injected=False), fake)
    await changes.until(lambda: life.ready)
    fake.runner.end(NAME, 3)
    await changes.until(lambda: life.lives[0].restarts == 1 and life.ready)
    assert fake.history.count(f"start {NAME}") == 2


async def test_a_fallen_proxy_makes_the_pod_unready_until_it_is_back(tmp_path: Path) -> None:
    """Requests go elsewhere while a pod has no proxy."""
    fake = FakeSite(tmp_path)
    fake.proxies.ready.set()
    life, changes = begun(POD, fake)
    await changes.until(lambda: life.ready)
    readiness = []
    life._changed = lambda: readiness.append(life.ready)
    await life.proxy_fell()
    assert readiness == [False, True]


@pytest.mark.parametrize("status", [1, -9])
async def test_a_failed_job_says_how_it_failed(tmp_path: Path, status: int) -> None:
    """After its last attempt the job's pod stays, failed, with the reason."""
    fake = FakeSite(tmp_path)
    plan = replace(POD, injected=False, restart_policy=RestartPolicy.NEVER)
    life, changes = begun(plan, fake)
    await changes.until(lambda: life.ready)
    fake.runner.end(NAME, status)
    await changes.until(lambda: life.phase is Phase.FAILED and life.stuck)
    assert "app" in life.reason


async def test_a_pod_says_on_which_ports_it_speaks_first_when_it_is_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once for each start, and known before anybody hears that the pod is ready; on the ports that
    it listens on without a word of them in its manifest, too."""
    row = "0: 00000000:{:04X} 00000000:0000 0A\n".format
    monkeypatch.setattr(pod_sandbox, "socket_tables", lambda pid: ["head\n" + row(25) + row(3000)])
    fake = FakeSite(tmp_path)
    asked: list[int] = []

    async def served(key: str, address: str, port: int) -> socket.socket:
        asked.append(port)
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            theirs.send(b"" if port == 80 else b"220 hello")
        return ours

    fake.ground.open_socket = served  # type: ignore[method-assign]
    ports = (ContainerPort(25), ContainerPort(80), ContainerPort(53, protocol="UDP"))
    probe = Probe(ProbeKind.TCP, port=80, period_s=0.01)
    app = replace(APP, ports=ports, readiness=probe)
    life, changes = begun(replace(POD, containers=(app,), injected=False), fake)
    await changes.until(lambda: life.ready)
    assert life.greets == {25, 3000}
    assert asked.count(25) == 1
    assert 53 not in asked
    await life.end(life.withdraw(), 0.0)
