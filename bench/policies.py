"""Policies: what one change of a policy costs the plane where each of N workloads has its own.

N simulated sidecars, each of another workload with two AuthorizationPolicies (a DENY and an ALLOW)
that select it, and one policy for the whole namespace. Then changes, each until the last sidecar
that should has it: the policy of one workload, that of the namespace. `reached` counts who was sent
the change, `messages` and `kb` all that any sidecar was sent.
"""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import dataclass
from typing import Any

from bench import mesh
from bench.fleet import Fleet, Watch
from bench.mesh import Size
from bench.plane import RunningPlane, plane
from bench.report import percentile, tell
from bench.sidecar import Sidecar
from bench.usage import usage

KB = 1e3
_POLICY = """\
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: {name}, namespace: default}}
spec:
  {selector}
  action: {action}
  rules:
  - from: [{{source: {{namespaces: [elsewhere]}}}}]
    to: [{{operation: {{methods: [GET], paths: ["/{marker}/*"]}}}}]
"""


def main() -> None:
    """Run and report."""
    import uvloop

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", "--workloads", type=int, default=1000)
    parser.add_argument("--trials", type=int, default=5, help="how often each change is made")
    asked = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        rows = runner.run(measure(asked.workloads, asked.trials))
    tell("policies", rows, workloads=asked.workloads, trials=asked.trials)


async def measure(workloads: int, trials: int) -> list[dict[str, Any]]:
    """A row for connecting, and for each change the middle one of its trials by CPU."""
    async with plane() as running:
        await running.fill(Size(workloads, 1, 0), "on-demand")
        await _apply(running, "---\n".join([_shared("first"), *map(_own, range(workloads))]))
        pods = [Sidecar(f"{mesh.NAMESPACE}/svc-{i}-0") for i in range(workloads)]
        fleet = Fleet(pods, running.xds, running.join)
        try:
            rows = [{"phase": "connect", **await _connected(running, fleet)}]
            one = [await _changed(running, fleet, _own(0, f"one-{k}"), 1) for k in range(trials)]
            every = [
                await _changed(running, fleet, _shared(f"all-{k}"), workloads)
                for k in range(trials)
            ]
        finally:
            await fleet.close()
    rows.append({"phase": "policy of one workload", **_middle(one)})
    return [*rows, {"phase": "policy of the namespace", **_middle(every)}]


def _own(number: int, marker: str = "first") -> str:
    selector = f"selector: {{matchLabels: {{app: svc-{number}}}}}"
    deny = _POLICY.format(name=f"own-{number}", selector=selector, action="DENY", marker=marker)
    allow = _POLICY.format(name=f"allow-{number}", selector=selector, action="ALLOW", marker="a")
    return f"{deny}---\n{allow}"


def _shared(marker: str) -> str:
    return _POLICY.format(name="shared", selector="selector: {}", action="DENY", marker=marker)


def _middle(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return sorted(rows, key=lambda row: row["plane_cpu_ms"])[len(rows) // 2]


async def _apply(running: RunningPlane, text: str) -> None:
    await asyncio.to_thread(running.api.apply, [("policies.yaml", text.encode())])


async def _connected(running: RunningPlane, fleet: Fleet) -> dict[str, Any]:
    before = Before.of(running, fleet)
    await fleet.connect(1, timeout_s=600)
    await fleet.quiet(0.5)
    return before.row(running, fleet, list(fleet.ready_after.values()))


async def _changed(running: RunningPlane, fleet: Fleet, policy: str, wanted: int) -> dict[str, Any]:
    before = Before.of(running, fleet)
    marker = next(word for word in policy.split("/") if word.startswith(("one-", "all-")))
    fleet.watch = watch = Watch(f"/{marker}/".encode(), wanted)
    await _apply(running, policy)
    await asyncio.wait_for(watch.done.wait(), 120)
    await fleet.quiet(0.3)
    return before.row(running, fleet, list(watch.seen.values()))


@dataclass(frozen=True, slots=True)
class Before:
    """What had been used and sent when a phase began."""

    cpu: float
    received: int
    messages: int

    @classmethod
    def of(cls, running: RunningPlane, fleet: Fleet) -> Before:
        """At this moment."""
        return cls(usage(running.pid).cpu, fleet.received, fleet.messages)

    def row(self, running: RunningPlane, fleet: Fleet, took: list[float]) -> dict[str, Any]:
        """What the phase used and sent, and the seconds until each sidecar had it."""
        now = usage(running.pid)
        return {
            "plane_cpu_ms": 1000 * (now.cpu - self.cpu),
            "kb": (fleet.received - self.received) / KB,
            "p50_ms": 1000 * percentile(took, 0.5),
            "p99_ms": 1000 * percentile(took, 0.99),
            "reached": len(took),
            "messages": fleet.messages - self.messages,
            "peak_mib": now.peak,
        }
