"""Memory of a sidecar on demand and of an eager one beside it, of their agent and of the plane."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench.lab import client, lab, server, service
from bench.report import tell
from bench.usage import usage

EAGER = '{"gossamer.dev/discovery": eager}'
CALL = """
import json, urllib.request
print(json.dumps([urllib.request.urlopen(f"http://host-{i}:8000/status/200").status
                  for i in range(10)]))
"""


def main() -> None:
    """One lab with many services; each sidecar calls ten."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=300)
    parser.add_argument("--proxies", type=int, default=10)
    said = parser.parse_args()
    parts = [server("httpbin"), client("lazy"), client("eager", EAGER)]
    parts += [client(f"other-{i}") for i in range(said.proxies - 3)]
    parts += [service(f"host-{i}", "httpbin") for i in range(said.services)]
    with lab("---\n".join(parts)) as running:
        for name in ("lazy", "eager"):
            running.python(name, CALL)
        found = list(rows(running.status()))
    tell("memory", found, services=said.services, proxies=said.proxies)


def rows(status: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """One row a process; of the proxies, those that tell something."""
    plane = status["plane"]["pid"]
    yield _row("plane", plane)
    yield from (_row("agent", pid) for pid in _agents_beside(plane))
    for proxy in status["proxies"]:
        if proxy["pod"].partition("/")[2].startswith(("lazy", "eager", "httpbin", "other-0")):
            yield _row(f"Envoy of {proxy['pod']}", proxy["pid"])


def _agents_beside(plane: int) -> Iterator[int]:
    """The agents whose parent is the plane's: the lab's holder."""
    parent = _parent(plane)
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if b"gossamer.agent" in words and _parent(int(folder.name)) == parent:
                yield int(folder.name)


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _row(name: str, pid: int) -> dict[str, Any]:
    used = usage(pid)
    return {"process": name, "private_mib": used.private, "rss_mib": used.rss}
