"""A rollout plays to its end by asking for the next steps again and again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gossamer.lab.plan.addresses import RESTING, Addresses
from gossamer.lab.plan.pod.pod import PodPlan, Strategy
from gossamer.lab.plan.rollout import CurrentPod, Phase, Start, Stop, rollout

ROLLING = Strategy("RollingUpdate", 1, 0)


def deployment(template: str, count: int, strategy: Strategy = ROLLING) -> list[PodPlan]:
    return [
        PodPlan("shop", f"web-{template}-{i}", "web", "Deployment", template, i, strategy)
        for i in range(count)
    ]


def stateful(template: str, count: int) -> list[PodPlan]:
    strategy = Strategy("OrderedReady", 0, 1)
    return [
        PodPlan("shop", f"db-{i}", "db", "StatefulSet", template, i, strategy) for i in range(count)
    ]


class World:
    """Pods that obey: started ones get ready, stopped ones are gone, one round later."""

    def __init__(self, ready: list[PodPlan]) -> None:
        self.pods = {plan.key: CurrentPod(plan, True) for plan in ready}
        self.least_ready = 99
        self.most = 0
        self.history: list[str] = []

    def play(self, desired: list[PodPlan]) -> None:
        """Go on until there is nothing left to do."""
        for _ in range(50):
            steps = rollout(self.pods.values(), desired)
            if not steps and all(pod.ready for pod in self.pods.values()):
                return
            self._settle()
            for step in steps:
                self._take(step)
            self.most = max(self.most, len(self.pods))
            self.least_ready = min(self.least_ready, sum(p.ready for p in self.pods.values()))
        raise AssertionError(f"no end after 50 rounds: {self.pods}")

    def _settle(self) -> None:
        staying = {k: p for k, p in self.pods.items() if p.phase is Phase.RUNNING}
        self.pods = {key: replace(pod, ready=True) for key, pod in staying.items()}

    def _take(self, step: Start | Stop) -> None:
        if isinstance(step, Start):
            assert step.plan.key not in self.pods
            self.pods[step.plan.key] = CurrentPod(step.plan, False)
            self.history.append(f"+{step.plan.name}")
        else:
            self.history.append(f"-{step.key.partition('/')[2]}")
            pod = self.pods[step.key]
            self.pods[step.key] = replace(pod, ready=False, phase=Phase.ENDING)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_rolling_update_never_serves_with_fewer(count: int) -> None:
    """New pods are ready before old ones go, and one more at most exists beside those ending."""
    world = World(deployment("old", count))
    world.play(deployment("new", count))
    assert set(world.pods) == {plan.key for plan in deployment("new", count)}
    assert world.least_ready >= count
    assert world.most <= count + 2


def test_unavailable_pods_make_room_without_surge() -> None:
    """maxSurge 0 replaces in place, one by one."""
    strategy = Strategy("RollingUpdate", 0, 1)
    world = World(deployment("old", 3, strategy))
    world.play(deployment("new", 3, strategy))
    assert world.least_ready >= 2 - 1
    assert len(world.pods) == 3


def test_a_broken_new_version_leaves_the_old_one_serving() -> None:
    """While new pods are not ready, no ready old one is stopped."""
    old = [CurrentPod(plan, True) for plan in deployment("old", 2)]
    new = deployment("new", 2)
    steps = rollout([*old, CurrentPod(new[0], False)], new)
    assert steps == ()


def test_scaling_down_stops_the_highest() -> None:
    """The pods that stay are those with the lowest numbers."""
    world = World(deployment("a", 3))
    world.play(deployment("a", 1))
    assert world.history == ["-web-a-2", "-web-a-1"]


def test_recreate_waits_until_the_old_are_gone() -> None:
    """Old and new never run at once."""
    strategy = Strategy("Recreate", 0, 2)
    world = World(deployment("old", 2, strategy))
    world.play(deployment("new", 2, strategy))
    assert world.history[:2] == ["-web-old-0", "-web-old-1"]
    assert world.most <= 2


def test_a_stateful_set_updates_from_the_top_one_by_one() -> None:
    """Each pod is ready again before the next one goes."""
    world = World(stateful("a", 3))
    world.play(stateful("b", 3))
    assert world.history == ["-db-2", "+db-2", "-db-1", "+db-1", "-db-0", "+db-0"]


def test_a_stateful_set_starts_in_order() -> None:
    """The second pod waits for the first to be ready."""
    plans = stateful("a", 2)
    assert rollout([], plans) == (Start(plans[0]),)
    assert rollout([CurrentPod(plans[0], False)], plans) == ()
    assert rollout([CurrentPod(plans[0], True)], plans) == (Start(plans[1]),)


def test_a_completed_job_is_not_started_again() -> None:
    """Parallelism bounds what runs at once; completed pods count."""
    strategy = Strategy("Job", 1, 0)
    plans = [PodPlan("shop", f"job-{i}", "job", "Job", "a", i, strategy) for i in range(2)]
    done = CurrentPod(plans[0], False, Phase.SUCCEEDED)
    assert rollout([], plans) == (Start(plans[0]),)
    assert rollout([done], plans) == (Start(plans[1]),)
    both = [done, CurrentPod(plans[1], False, Phase.SUCCEEDED)]
    assert rollout(both, plans) == ()


def test_what_nobody_wants_any_more_is_stopped_once() -> None:
    """A deleted Deployment's pods end; those ending already are left to it."""
    first, second = deployment("a", 2)
    current = [CurrentPod(first, True), CurrentPod(second, False, Phase.ENDING)]
    assert rollout(current, []) == (Stop(first.key),)


def test_an_address_is_not_given_to_another_pod_at_once() -> None:
    """Whoever still holds the old address must not reach a stranger."""
    addresses = Addresses().take("shop/a")
    first = addresses.of("shop/a")
    again = addresses.free("shop/a").take("shop/a")
    assert again.of("shop/a") != first
    assert len(addresses.free("shop/a").resting) <= RESTING


def test_addresses_of_both_families_belong_together() -> None:
    """One slot gives one IPv4 and one IPv6 address, and no two pods share one."""
    addresses = Addresses()
    for index in range(300):
        addresses = addresses.take(f"shop/{index}")
    pairs = {addresses.of(key) for key in addresses.taken}
    assert len(pairs) == 300
    assert all(v4.startswith("10.244.") and v6.startswith("fd00:10:244::") for v4, v6 in pairs)
