"""Exposition: the plane's own counts as Prometheus text, by ours and by prometheus_client.

The plane writes them in its event loop, where everything it pushes waits meanwhile.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from bench.report import tell
from gossamer.telemetry.meters import exposition
from gossamer.xds.stream.stream_stats import BOUNDS_S, StreamStats

TYPES = ("Cluster", "ClusterLoadAssignment", "Listener", "RouteConfiguration", "Secret", "Views")
COUNTERS = ("responses", "resources", "removals", "sent_bytes", "refusals")


def main() -> None:
    """Each size of mesh; the least CPU time of five."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-s", "--sidecars", type=int, nargs="+", default=[30, 300, 1000])
    began = time.process_time()
    import prometheus_client

    rows: list[dict[str, Any]] = [{"part": "import", "least_cpu_s": time.process_time() - began}]
    for size in parser.parse_args().sidecars:
        clients = {f"shop/web-{number}": _stats() for number in range(size)}
        registry: Any = _Collector(clients)
        rows += [
            _timed("ours", size, partial(exposition, "plane", clients)),
            _timed(
                "prometheus_client",
                size,
                partial(prometheus_client.generate_latest, registry),
            ),
        ]
    tell("exposition", rows)


def _timed(part: str, sidecars: int, write: Callable[[], object]) -> dict[str, Any]:
    times = []
    for _ in range(5):
        began = time.process_time()
        write()
        times.append(time.process_time() - began)
    return {"part": part, "sidecars": sidecars, "least_cpu_s": min(times)}


def _stats() -> StreamStats:
    """A client that has had something of each type, and acknowledged in every time."""
    stats = StreamStats()
    for name in COUNTERS:
        getattr(stats, name).update({f"type.googleapis.com/x.{kind}": 7 for kind in TYPES})
    stats.delays.update(dict.fromkeys(BOUNDS_S, 3))
    return stats


class _Collector:
    """The same numbers as the library wants them."""

    def __init__(self, clients: Mapping[str, StreamStats]) -> None:
        self._clients = clients

    def collect(self) -> Iterator[Any]:
        """Families of metrics."""
        from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

        for name in COUNTERS:
            counter = CounterMetricFamily(f"xds_{name}", name, labels=["client", "type"])
            for client, stats in self._clients.items():
                for type_url, count in sorted(getattr(stats, name).items()):
                    counter.add_metric([client, type_url.rpartition(".")[2]], count)
            yield counter
        delays = HistogramMetricFamily("xds_seconds", "delays", labels=["client"])
        for client, stats in self._clients.items():
            delays.add_metric([client], _buckets(stats), stats.delay_s)
        yield delays


def _buckets(stats: StreamStats) -> list[tuple[str, float]]:
    count, buckets = 0, []
    for bound in BOUNDS_S:
        count += stats.delays[bound]
        buckets.append((f"{bound:g}", float(count)))
    return [*buckets, ("+Inf", float(count))]
