"""Change: from a call of the plane's API to the acknowledgement of a real Envoy, many connected.

One lab, one sidecar a pod; one of them calls the service whose route is edited, so one Envoy holds
what changes. An endpoint is changed as a platform would tell it. Parts of a change:

- `api_ms`: the call, answered when the change is durable and every proxy's stream knows it;
- `plane_ms`: from there to Envoy's acknowledgement, on the plane's clock, relay included;
- `relay_ms`: of these, from the relay's word to Envoy until Envoy's acknowledgement;
- `whole_ms`: from the call to the acknowledgement, on the one clock that both share. The answer is
  made while the change is on its way already, so it is less than the first two together.

`burst` makes many edits at once and counts what the Envoy was sent for them.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from bench.lab import Lab, client, lab, server, service
from bench.report import percentile, tell
from gossamer.cli.lab_access.sockets import ask
from gossamer.plane.client import PlaneClient

CALL = """
import json, urllib.request
print(json.dumps(urllib.request.urlopen("http://web:8000/status/200").status))
"""
SETTLED_S = 0.15
"""Time enough for a change to be acknowledged before it is looked at; a late one is an error."""

_ROUTE = """\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: web}}
spec:
  hosts: [web]
  http:
  - headers: {{request: {{set: {{x-mark: "{mark}"}}}}}}
    route: [{{destination: {{host: web}}}}]
"""
_COUNT = re.compile(r'^gossamer_\w+_xds_(\w+)\{client="([^"]+)"[^}]*\} ([0-9.]+)$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted for all clients of a part: acknowledged changes, their seconds, messages;
    and when the last of them was acknowledged, in seconds of Unix time."""

    acked: float
    seconds: float
    responses: float
    last_at: float = 0.0

    def __sub__(self, before: Counts) -> Counts:
        return Counts(
            self.acked - before.acked,
            self.seconds - before.seconds,
            self.responses - before.responses,
            self.last_at,
        )


def main() -> None:
    """Bring the lab up; then edits of a route, changes of an endpoint, a burst."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", "--proxies", type=int, default=100)
    parser.add_argument("--trials", type=int, default=50)
    said = parser.parse_args()
    rows = measure(said.proxies, said.trials)
    tell("change", rows, proxies=said.proxies, trials=said.trials)


def measure(proxies: int, trials: int) -> list[dict[str, Any]]:
    """One row a kind of change."""
    parts = [server("httpbin"), service("web", "httpbin"), client("caller")]
    parts.append(client("other", replicas=proxies - 2))
    with lab("---\n".join(parts)) as running:
        if running.python("caller", CALL) != 200:
            raise RuntimeError("the caller does not reach its service")
        plane = PlaneClient(running.home.plane_socket)
        changes = {"virtual service": lambda k: edit(plane, k), "endpoint": lambda k: add(plane, k)}
        rows = [row(name, list(_trials(running, make, trials))) for name, make in changes.items()]
        return [*rows, burst(running, plane, trials)]


def edit(plane: PlaneClient, mark: int) -> None:
    """Another header on the one route."""
    plane.apply([("route.yaml", _ROUTE.format(mark=mark).encode())])


def add(plane: PlaneClient, number: int) -> None:
    """Another address for one more pod of the service."""
    seen: Any = {"namespace": "default", "name": "more", "workload": "httpbin", "ready": True}
    address = {"ip": [f"10.244.250.{1 + number % 200}"], "labels": {"app": "httpbin"}}
    plane.observe("bench", [seen | address])


def _trials(
    running: Lab, change: Callable[[int], None], trials: int
) -> Iterator[tuple[float, float, float, float]]:
    """Milliseconds of the call, of plane to acknowledgement, of the relay's part, of the whole."""
    change(0)
    time.sleep(SETTLED_S)
    for k in range(1, trials + 1):
        before, at_relay = counts(running, "plane"), counts(running, "agent")
        began = time.time()
        change(k)
        took = time.time() - began
        time.sleep(SETTLED_S)
        whole, relay = counts(running, "plane") - before, counts(running, "agent") - at_relay
        if whole.acked != 1:
            raise RuntimeError(f"{whole.acked:g} proxies acknowledged the change, not one")
        acked = whole.last_at - began
        yield 1000 * took, 1000 * whole.seconds, 1000 * relay.seconds, 1000 * acked


def burst(running: Lab, plane: PlaneClient, edits: int) -> dict[str, Any]:
    """Edits by eight callers at once: how many responses they cost the one Envoy."""
    before, began = counts(running, "agent"), time.perf_counter()
    with ThreadPoolExecutor(8) as callers:
        list(callers.map(lambda k: edit(plane, 1000 + k), range(edits)))
    took = time.perf_counter() - began
    time.sleep(SETTLED_S)
    sent = (counts(running, "agent") - before).responses
    return {"change": f"burst of {edits}", "api_p50_ms": 1000 * took / edits, "responses": sent}


def counts(running: Lab, part: str) -> Counts:
    """The counters of plane or agent, added up."""
    sums: dict[str, float] = {}
    last = 0.0
    for name, _, value in _COUNT.findall(_metrics(running, part)):
        if name == "acknowledged_timestamp_seconds":
            last = max(last, float(value))
        sums[name] = sums.get(name, 0.0) + float(value)
    acked, seconds = sums["change_to_ack_seconds_count"], sums["change_to_ack_seconds_sum"]
    return Counts(acked, seconds, sums["responses_total"], last)


def _metrics(running: Lab, part: str) -> str:
    if part == "plane":
        return PlaneClient(running.home.plane_socket).metrics()
    return str(ask(running.home.agent_socket, {"op": "metrics"})["prometheus"])


def row(name: str, trials: list[tuple[float, float, float, float]]) -> dict[str, Any]:
    """Medians and 95th percentiles."""
    *columns, whole = zip(*trials, strict=True)
    parts = zip(("api", "plane", "relay"), columns, strict=True)
    medians = {f"{part}_p50_ms": percentile(values, 0.5) for part, values in parts}
    ends = {"whole_p50_ms": percentile(whole, 0.5), "whole_p95_ms": percentile(whole, 0.95)}
    return {"change": name, **medians, **ends}
