"""Curves: what connecting and one change cost as services, or proxies, grow tenfold and more.

Each point is a run of `push` with its own plane. A change should cost the same in a mesh ten times
the size; connecting what each proxy uses (on demand) or all there is (eager).
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bench.mesh import Size
from bench.push import Asked, run
from bench.report import tell

USED = 10
FIXED = Size(services=1000, endpoints=2, sidecars=100)


def main() -> None:
    """Run every point and print one row each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, nargs="*", default=[100, 1000, 10_000])
    parser.add_argument("--sidecars", type=int, nargs="*", default=[10, 100, 1000, 2000])
    parser.add_argument("--discovery", choices=("eager", "on-demand"), default="on-demand")
    said = parser.parse_args()
    rows = [row(asked) for asked in points(said.services, said.sidecars, said.discovery)]
    tell(f"curves-{said.discovery}", rows)


def points(services: list[int], sidecars: list[int], discovery: str) -> Iterator[Asked]:
    """Services at a hundred proxies, then proxies at a thousand services."""
    used = USED if discovery == "on-demand" else 0
    sizes = [replace(FIXED, services=each) for each in services]
    sizes += [replace(FIXED, sidecars=each) for each in sidecars]
    for size in dict.fromkeys(sizes):
        yield Asked(size, discovery, min(used, size.services), "one", True, trials=3)


def row(asked: Asked) -> dict[str, Any]:
    """One point: the phases of `push`, side by side."""
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        connect, _, route, endpoint = runner.run(run(asked))
    return {
        "services": asked.size.services,
        "sidecars": asked.size.sidecars,
        "connect_cpu_s": connect["plane_cpu_s"],
        "connect_mb": connect["mb"],
        "peak_mib": connect["peak_mib"],
        "route_reached": route["reached"],
        "route_p99_ms": route["p99_ms"],
        "route_cpu_s": route["plane_cpu_s"],
        "endpoint_p99_ms": endpoint["p99_ms"],
        "endpoint_cpu_s": endpoint["plane_cpu_s"],
    }
