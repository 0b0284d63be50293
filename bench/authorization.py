"""Authorization: how soon a policy holds, from a call of the plane's API to what obeys it.

One lab; a client keeps a connection of requests and one of bytes. Again and again a policy that
refuses it is applied and deleted. Measured, on the one clock that all share:

- `request`: until a request on the kept connection gets 403, and 200 once more;
- `bytes`: until the kept connection of bytes is ended by the client's proxy.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from bench.lab import NAME, Lab, client, lab, server, service
from bench.report import percentile, tell
from gossamer.plane.client import PlaneClient

WATCHER = """
import http.client, json, socket, threading, time

def tell(what):
    print(json.dumps([what, time.time()]), flush=True)

def requests():
    web, last = http.client.HTTPConnection("web", 8000), 0
    while True:
        web.request("GET", "/status/200")
        answer = web.getresponse()
        answer.read()
        if answer.status != last:
            last = answer.status
            tell(str(last))
        time.sleep(0.002)

def byte_streams():
    while True:
        try:
            with socket.create_connection(("echo", 9000)) as echo:
                echo.settimeout(60)
                echo.sendall(b"hello\\n")
                if not echo.recv(100):
                    time.sleep(0.02)
                    continue
                tell("open")
                while echo.recv(100):
                    pass
        except OSError:
            pass
        tell("closed")

threading.Thread(target=byte_streams, daemon=True).start()
requests()
"""
DENIAL = """
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: denial}
spec: {action: DENY, rules: [{from: [{source: {principals: ["*"]}}]}]}
"""
ECHO = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: echo}
spec:
  selector: {matchLabels: {app: echo}}
  template:
    metadata: {labels: {app: echo}}
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{name: main, image: "docker.io/istio/tcp-echo-server:1.3"}]
---
apiVersion: v1
kind: Service
metadata: {name: echo}
spec: {selector: {app: echo}, ports: [{name: tcp, port: 9000}]}
"""


def main() -> None:
    """Bring the lab up, then apply and delete."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=100)
    said = parser.parse_args()
    parts = [server("httpbin"), service("web", "httpbin"), client("caller"), ECHO]
    with lab("---\n".join(parts)) as running:
        tell("authorization", measure(running, said.trials), trials=said.trials)


def measure(running: Lab, trials: int) -> list[dict[str, Any]]:
    """One row for each thing that obeys."""
    plane = PlaneClient(running.home.plane_socket)
    inside = [sys.executable, "-I", "-c", WATCHER]
    head = [
        sys.executable,
        "-m",
        "gossamer.cli.main",
        "exec",
        "--name",
        NAME,
        "deploy/caller",
        "--",
    ]
    environment = {"GOSSAMER_HOME": str(running.folder), "PATH": "/usr/bin:/bin"}
    took: dict[str, list[float]] = {"403": [], "200": [], "closed": []}
    with subprocess.Popen([*head, *inside], stdout=subprocess.PIPE, env=environment) as watcher:
        lines = _lines(watcher)
        _until(lines, {"200", "open"})
        for _ in range(trials):
            began = time.time()
            plane.apply([("denial.yaml", DENIAL.encode())])
            for what, at in _until(lines, {"403", "closed"}).items():
                took[what].append(1000 * (at - began))
            began = time.time()
            plane.delete([("denial.yaml", DENIAL.encode())])
            took["200"].append(1000 * (_until(lines, {"200", "open"})["200"] - began))
        watcher.kill()
    return [row(what, values) for what, values in took.items()]


def row(what: str, values: list[float]) -> dict[str, Any]:
    """Milliseconds."""
    return {
        "what": what,
        "p50_ms": percentile(values, 0.5),
        "p99_ms": percentile(values, 0.99),
        "max_ms": max(values),
    }


def _lines(watcher: subprocess.Popen[bytes]) -> Iterator[tuple[str, float]]:
    assert watcher.stdout
    for line in watcher.stdout:
        what, at = json.loads(line)
        yield what, at


def _until(lines: Iterator[tuple[str, float]], wanted: set[str]) -> dict[str, float]:
    """When each of these was first told."""
    seen: dict[str, float] = {}
    for what, at in lines:
        seen.setdefault(what, at)
        if wanted <= seen.keys():
            break
    return seen


if __name__ == "__main__":
    main()
