"""Stand-ins: what one process of `gossamer up --stand-in` costs, by the protocols that it spoke.

CPU until it listens, then its memory: RSS, and what it has for itself alone.
"""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.report import tell

TRIALS = 5
LATE_S = 20.0


def main() -> None:
    """The stand-in for any image beside one of our stand-ins for a known image."""
    own = ("stand-in", "--listen", "PORT", "--every", "0.2")
    rows = [
        row("stand-in, idle", own),
        row("stand-in that calls itself by HTTP", own, "http"),
        row("stand-in that calls itself by gRPC", own, "grpc"),
        row("httpbin, idle", ("httpbin", "--port", "PORT")),
    ]
    tell("stand_ins", rows)


def row(name: str, words: Sequence[str], scheme: str = "") -> dict[str, Any]:
    """The least of a few processes."""
    runs = [_run(words, scheme) for _ in range(TRIALS)]
    least = {key: min(run[key] for run in runs) for key in runs[0]}
    return {"process": name, **least}


def _run(words: Sequence[str], scheme: str) -> dict[str, float]:
    port = _free_port()
    given = [str(port) if word == "PORT" else word for word in words]
    given += ("--call", f"{scheme}://127.0.0.1:{port}", "itself") if scheme else ()
    line = [sys.executable, "-P", "-m", "gossamer.apps", *given]
    env = {**os.environ, "GOSSAMER_APPS_LISTEN": "127.0.0.1"}
    before, began = _children_cpu(), time.perf_counter()
    with subprocess.Popen(line, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run:
        _until_listens(port)
        listens = time.perf_counter() - began
        if scheme:
            _until_called(run)
        rss, private = _memory(run.pid)
        run.terminate()
        run.wait()
    cpu = _children_cpu() - before
    return {"listens_s": listens, "cpu_s": cpu, "rss_mb": rss, "private_mb": private}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _until_listens(port: int) -> None:
    late = time.monotonic() + LATE_S
    while time.monotonic() < late:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.002)
    raise TimeoutError(f"nothing listens on {port}")


def _until_called(run: subprocess.Popen[bytes]) -> None:
    """Its log has the first call of its own."""
    assert run.stdout is not None
    for line in run.stdout:
        if line.startswith(b"calls "):
            return


def _memory(pid: int) -> tuple[float, float]:
    """RSS and private megabytes."""
    fields = dict[str, int]()
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, _, rest = line.partition(":")
        fields[name] = int(rest.split()[0])
    private = fields["Private_Dirty"] + fields["Private_Clean"]
    return fields["Rss"] / 1024, private / 1024


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
