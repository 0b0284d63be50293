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
port, path, address, *hosts = sys.argv[1:]
def call(host):
    began = time.perf_counter()
    if address == "-":
        connection, headers = http.client.HTTPConnection(host, int(port), timeout=20), {}
    else:
        connection = http.client.HTTPConnection(address, int(port), timeout=20)
        headers = {"host": host}
    connection.request("GET", path, headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status, 1000 * (time.perf_counter() - began)
out = []
for host in hosts:
    (one, first), (two, second) = call(host), call(host)
    out.append([one, two, first, second])
print(json.dumps(out))
"""
"""Calls hosts twice each: port, path, the one address of all (`-`: by their names), hosts."""


def main() -> None:
    """Measure the three."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=30)
    count = parser.parse_args().services
    hosts = [f"host-{i}" for i in range(count)]
    parts = [server("httpbin"), client("one"), client("two")]
    parts += [service(host, "httpbin") for host in hosts]
    calls = (CALLS, "8000", "/status/200", "-", *hosts)
    with lab("---\n".join(parts)) as running:
        rows = [row("cold", running.python("one", *calls))]
        rows.append(row("a neighbour has it", running.python("two", *calls)))
        running.run("restart", "--name", "bench", "deploy/one")
        running.settle("one")
        rows.append(row("remembered", running.python("one", *calls)))
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
