"""Push: N simulated sidecars, connecting at once, idle, then changes; what it costs the plane.

Columns are those by which planes of this field are compared: CPU seconds of the plane, bytes of
all responses, peak memory, time until the last sidecar has it. The marker of a change is a text
that only the new configuration holds.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bench import mesh
from bench.fleet import Fleet, Watch
from bench.mesh import Size
from bench.plane import RunningPlane, plane
from bench.report import percentile, tell
from bench.sidecar import Sidecar
from bench.usage import usage

MB = 1e6


@dataclass(frozen=True, slots=True)
class Asked:
    """What to run."""

    size: Size
    discovery: str
    used: int
    each: str
    secrets: bool
    trials: int
    idle_s: float = 2.0


def arguments() -> Asked:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-s", "--services", type=int, default=100)
    parser.add_argument("-e", "--endpoints", type=int, default=2, help="pods behind each service")
    parser.add_argument("-n", "--sidecars", type=int, default=100)
    parser.add_argument("--discovery", choices=("eager", "on-demand"), default="eager")
    parser.add_argument("--used", type=int, default=10, help="services each uses, on demand")
    parser.add_argument("--connections", choices=("one", "each"), default="one")
    parser.add_argument("--no-secrets", action="store_true", help="as a client that pins nothing")
    parser.add_argument("--trials", type=int, default=3, help="how often each change is made")
    said = parser.parse_args()
    size = Size(said.services, said.endpoints, said.sidecars)
    used = min(said.used, said.services) if said.discovery == "on-demand" else 0
    return Asked(size, said.discovery, used, said.connections, not said.no_secrets, said.trials)


def main() -> None:
    """Run and report."""
    import uvloop

    asked = arguments()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        rows = runner.run(run(asked))
    size = asked.size
    tell(
        f"push-{asked.discovery}-{size.services}-{size.sidecars}",
        rows,
        services=size.services,
        endpoints=size.endpoints,
        sidecars=size.sidecars,
        used=asked.used,
        secrets=asked.secrets,
        connections=asked.each,
    )


async def run(asked: Asked) -> list[dict[str, Any]]:
    """One row a phase."""
    async with plane() as running:
        await running.fill(asked.size, asked.discovery)
        await asyncio.to_thread(running.api.apply, [("vs.yaml", mesh.route(0, "mark-0").encode())])
        join = running.join
        fleet = Fleet([_sidecar(i, asked) for i in range(asked.size.sidecars)], running.xds, join)
        try:
            rows = [await _connect(running, fleet, asked), await _idle(running, fleet, asked)]
            for name, change, marker in _changes(running, asked):
                trials = [
                    await _change(running, fleet, asked, name, change(k), marker(k))
                    for k in range(1, asked.trials + 1)
                ]
                rows.append(sorted(trials, key=lambda row: row["plane_cpu_s"])[len(trials) // 2])
        finally:
            await fleet.close()
    return rows


def _sidecar(number: int, asked: Asked) -> Sidecar:
    first = number * asked.used
    hosts = [mesh.host((first + k) % asked.size.services) for k in range(asked.used)]
    calls = tuple(f"80/{host}" for host in hosts)
    return Sidecar(f"{mesh.NAMESPACE}/{mesh.sidecar(number)}", calls, asked.secrets)


async def _connect(running: RunningPlane, fleet: Fleet, asked: Asked) -> dict[str, Any]:
    before, own = usage(running.pid), time.process_time()
    connections = 1 if asked.each == "one" else asked.size.sidecars
    last = await fleet.connect(connections, timeout_s=600)
    await fleet.quiet(0.5)
    after = usage(running.pid)
    times = [1000 * each for each in fleet.ready_after.values()]
    return {
        "phase": "connect",
        "plane_cpu_s": round(after.cpu - before.cpu, 2),
        "client_cpu_s": round(time.process_time() - own, 2),
        "mb": fleet.received / MB,
        "peak_mib": after.peak,
        "rss_mib": after.rss,
        "p50_ms": percentile(times, 0.5),
        "p99_ms": percentile(times, 0.99),
        "last_ms": 1000 * last,
        "reached": len(times),
        "messages": fleet.messages,
    }


async def _idle(running: RunningPlane, fleet: Fleet, asked: Asked) -> dict[str, Any]:
    before, bytes_before = usage(running.pid), fleet.received
    await asyncio.sleep(asked.idle_s)
    after = usage(running.pid)
    return {
        "phase": f"idle {asked.idle_s:g} s",
        "plane_cpu_s": round(after.cpu - before.cpu, 2),
        "mb": (fleet.received - bytes_before) / MB,
        "peak_mib": after.peak,
        "rss_mib": after.rss,
    }


Change = Callable[[int], Callable[[], Awaitable[Any]]]
Marker = Callable[[int], str]


def _changes(running: RunningPlane, asked: Asked) -> list[tuple[str, Change, Marker]]:
    def apply(k: int) -> Callable[[], Awaitable[Any]]:
        files = [("vs.yaml", mesh.route(0, f"mark-{k}-").encode())]
        return lambda: asyncio.to_thread(running.api.apply, files)

    def observe(k: int) -> Callable[[], Awaitable[Any]]:
        seen = mesh.one_more(asked.size, f"10.244.255.{k}")
        return lambda: asyncio.to_thread(running.api.observe, "extra", seen["pods"], 600)

    return [
        ("virtual service", apply, lambda k: f"mark-{k}-"),
        ("endpoint", observe, lambda k: f"10.244.255.{k}"),
    ]


async def _change(
    running: RunningPlane,
    fleet: Fleet,
    asked: Asked,
    name: str,
    change: Callable[[], Awaitable[Any]],
    marker: str,
) -> dict[str, Any]:
    wanted = sum(not s.calls or f"80/{mesh.host(0)}" in s.calls for s in fleet.sidecars)
    before, bytes_before, own = usage(running.pid), fleet.received, time.process_time()
    messages = fleet.messages
    fleet.watch = watch = Watch(marker.encode(), wanted)
    await change()
    answered = 1000 * (time.perf_counter() - watch.began)
    await asyncio.wait_for(watch.done.wait(), 120)
    await fleet.quiet(0.3)
    after = usage(running.pid)
    times = [1000 * each for each in watch.seen.values()]
    return {
        "phase": name,
        "plane_cpu_s": round(after.cpu - before.cpu, 2),
        "client_cpu_s": round(time.process_time() - own, 2),
        "mb": (fleet.received - bytes_before) / MB,
        "peak_mib": after.peak,
        "rss_mib": after.rss,
        "p50_ms": percentile(times, 0.5),
        "p99_ms": percentile(times, 0.99),
        "last_ms": max(times),
        "answered_ms": answered,
        "reached": len(times),
        "messages": fleet.messages - messages,
    }
