"""Connections of a lab's client that are made once and used again and again."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.e2e.lab_under_test import Lab
from tests.e2e.small_mesh import service, workload

CALLER = Path(__file__).parent / "keeping_client.py"
ALL_WELL = {"http1": "200", "http2": "200", "tcp": "echo"}
ECHO = workload("echo", "docker.io/istio/tcp-echo-server:1.3", more="") + service(
    "echo", 9000, 9000, "tcp"
)


@contextmanager
def kept_connections(lab: Lab, pod: str = "deploy/client") -> Iterator[Callable[[str], Any]]:
    """Uses connections that a pod makes once; the marker is in each call."""
    head = (*lab.command(), "exec", "-i", "--name", lab.name, "-n", "default", pod, "--")
    python = lab.command()[0]
    argv = (*head, *lab.env_words(), python, str(CALLER), "web:80", "web:80", "echo:9000")
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(argv, **pipes, env=lab.variables(), user=lab.uid) as process:
        assert process.stdin
        assert process.stdout
        stdin, stdout = process.stdin, process.stdout

        def use(marker: str) -> Any:
            stdin.write(f"{marker}\n")
            stdin.flush()
            return json.loads(stdout.readline())

        yield use
        stdin.close()
        process.wait(timeout=30)
