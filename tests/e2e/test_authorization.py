"""Who may call whom, on a lab's real proxies, with connections that stay open across changes."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.lab_under_test import Lab, ordinary_users_lab, until
from tests.e2e.written import deployment, service, sleeper

CALLER = Path(__file__).parent / "keeping_client.py"
ECHO = "docker.io/istio/tcp-echo-server:1.3"
MESH = (
    sleeper("client")
    + sleeper("stranger", '{sidecar.istio.io/inject: "false"}')
    + sleeper("other")
    + deployment("web")
    + service("web")
    + deployment("echo", ECHO, 9000)
    + service("echo", 9000, 9000, "tcp")
    + """
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: front}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: front}
spec:
  hosts: ["*"]
  gateways: [front]
  http: [{route: [{destination: {host: web}}]}]
"""
)
WELL = {"http1": "200", "http2": "200", "tcp": "echo"}

pytestmark = pytest.mark.e2e


def policy(name: str, spec: str, namespace: str = "default", dry_run: bool = False) -> str:
    notes = 'annotations: {istio.io/dry-run: "true"}, ' if dry_run else ""
    return f"""
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{{notes}name: {name}, namespace: {namespace}}}
spec: {spec}
"""


ONLY_OTHER = policy(
    "only-other",
    "{rules: [{from: [{source: {principals: [cluster.local/ns/default/sa/other]}}]}]}",
)


@pytest.fixture(scope="module")
def mesh() -> Iterator[Lab]:
    """Two callers with a proxy and one without, a web, an echo, and a gateway before the web."""
    with ordinary_users_lab("authorization") as lab:
        lab.up_text(MESH)
        yield lab


@contextmanager
def applied(lab: Lab, text: str) -> Iterator[None]:
    lab.apply(text)
    try:
        yield
    finally:
        lab.delete(text)


@contextmanager
def kept(lab: Lab, pod: str) -> Iterator[Callable[[str], Any]]:
    """Uses connections that a pod makes once: HTTP/1.1, HTTP/2 and TCP."""
    head = (*lab.command(), "exec", "-i", "--name", lab.name, pod, "--", *lab.env_words())
    argv = (*head, lab.command()[0], str(CALLER), "web:80", "web:80", "echo:9000")
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


def test_kept_connections_obey_a_change(mesh: Lab) -> None:
    """Whom it lets in keeps every connection; of whom it refuses requests get 403 at once, on the
    same connections, and the connection of bytes is closed within two seconds."""
    with kept(mesh, "deploy/client") as client, kept(mesh, "deploy/other") as other:
        assert client("before") == WELL
        assert other("before") == WELL
        began = time.monotonic()
        with applied(mesh, ONLY_OTHER):
            until(lambda: client("after")["http1"] == "403")
            until(lambda: "lost" in client("after")["tcp"])
            assert time.monotonic() - began < 10
            assert client("after")["http2"] == "403"
            assert other("after") == WELL
        until(lambda: client("again")["http1"] == "200")
        assert client("again")["http2"] == "200"
        assert other("again") == WELL
