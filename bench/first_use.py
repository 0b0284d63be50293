"""First use: how much longer the first request to a service takes than the second.

Real capture, real Envoys, relay and plane. Cold: nobody used the service yet. Neighbour: another
workload of the host did. Remembered: the workload used it in an earlier life.
"""

from __future__ import annotations

import argparse
from typing import Any

from bench.lab import client, lab, server, service
from bench.report import percentile, tell

CALLS = """
import http.client, json, sys, time
def call(host):
    began = time.perf_counter()
    connection = http.client.HTTPConnection(host, 8000, timeout=20)
    connection.request("GET", "/status/200")
    status = connection.getresponse().status
    connection.close()
    return status, 1000 * (time.perf_counter() - began)
out = []
for i in range(int(sys.argv[1])):
    (one, first), (two, second) = call(f"host-{i}"), call(f"host-{i}")
    out.append([one, two, first, second])
print(json.dumps(out))
"""


def main() -> None:
    """Measure the three."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=30)
    count = parser.parse_args().services
    parts = [server("httpbin"), client("one"), client("two")]
    parts += [service(f"host-{i}", "httpbin") for i in range(count)]
    with lab("---\n".join(parts)) as running:
        rows = [row("cold", running.python("one", CALLS, str(count)))]
        rows.append(row("a neighbour has it", running.python("two", CALLS, str(count))))
        running.run("restart", "--name", "bench", "deploy/one")
        running.settle("one")
        rows.append(row("remembered", running.python("one", CALLS, str(count))))
    tell("first_use", rows, services=count)


def row(name: str, calls: list[list[float]]) -> dict[str, Any]:
    """Milliseconds, and how many calls failed."""
    more = [first - second for _, _, first, second in calls]
    seconds = [second for *_, second in calls]
    return {
        "case": name,
        "first_minus_second_p50_ms": percentile(more, 0.5),
        "p95_ms": percentile(more, 0.95),
        "second_p50_ms": percentile(seconds, 0.5),
        "ratio_p50": percentile(more, 0.5) / percentile(seconds, 0.5),
        "failed": sum(one != 200 or two != 200 for one, two, *_ in calls),
    }
