"""Who may call whom, on a lab's real proxies, with connections that stay open across changes."""

from __future__ import annotations

import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.kept_connections import ALL_WELL, kept_connections
from tests.e2e.lab_under_test import Lab, ordinary_users_lab, until
from tests.e2e.written import deployment, service, sleeper

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
FRONT: list[str] = []
"""Where the lab's gateway is reached."""

WEB: list[str] = []
"""The address of the web's pod."""


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
        begun = lab.up_text(MESH)
        FRONT[:] = [each["url"] for each in begun["gateways"]]
        WEB[:] = [each["ip"] for each in begun["pods"] if each["workload"].endswith("web")]
        yield lab


@contextmanager
def applied(lab: Lab, text: str) -> Iterator[None]:
    lab.apply(text)
    try:
        yield
    finally:
        lab.delete(text)


def test_kept_connections_obey_a_change(mesh: Lab) -> None:
    """Whom it lets in keeps every connection; of whom it refuses requests get 403 at once, on the
    same connections, and the connection of bytes is closed within two seconds."""
    with (
        kept_connections(mesh, "deploy/client") as client,
        kept_connections(mesh, "deploy/other") as other,
    ):
        assert client("before") == ALL_WELL
        assert other("before") == ALL_WELL
        began = time.monotonic()
        with applied(mesh, ONLY_OTHER):
            until(lambda: client("after")["http1"] == "403")
            until(lambda: "lost" in client("after")["tcp"])
            assert time.monotonic() - began < 10
            assert client("after")["http2"] == "403"
            assert other("after") == ALL_WELL
        until(lambda: client("again")["http1"] == "200")
        assert client("again")["http2"] == "200"
        assert other("again") == ALL_WELL


def from_outside(path: str) -> int:
    """The status that the gateway gives to this machine."""
    try:
        with urllib.request.urlopen(FRONT[0] + path, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_a_gateway_judges_who_comes_from_outside(mesh: Lab) -> None:
    """By path, and by the address that the lab's edge says; the workload behind it is not asked."""
    assert from_outside("/status/200") == 200
    here = "{from: [{source: {remoteIpBlocks: [127.0.0.0/8]}}], to: [{operation: {paths: [/ip]}}]}"
    spec = "{selector: {matchLabels: {istio: ingressgateway}}, action: DENY, rules: [RULES]}"
    rules = f"{here}, {{to: [{{operation: {{paths: ['/anything/{{*}}/x']}}}}]}}"
    with applied(mesh, policy("front", spec.replace("RULES", rules), "istio-system")):
        until(lambda: from_outside("/ip") == 403)
        assert from_outside("/anything/a/x") == 403
        assert from_outside("/anything/a/b/x") == 200
        assert mesh.status_of("deploy/client", "http://web/ip") == 200


def test_the_root_namespace_speaks_for_all_and_denials_come_first(mesh: Lab) -> None:
    """Nobody is let in mesh-wide; an ALLOW adds the client, and a DENY takes a path away from it.

    A caller without a proxy has no identity, whatever address it calls."""
    client = "{from: [{source: {serviceAccounts: [client]}}]}"
    with applied(mesh, policy("nobody", "{}", "istio-system")):
        until(lambda: mesh.status_of("deploy/client", "http://web/status/200") == 403)
        with applied(mesh, policy("client", f"{{rules: [{client}]}}")):
            until(lambda: mesh.status_of("deploy/client", "http://web/status/200") == 200)
            assert mesh.status_of("deploy/other", "http://web/status/200") == 403
            assert mesh.status_of("deploy/stranger", "http://web/status/200") == 403
            assert mesh.status_of("deploy/stranger", f"http://{WEB[0]}:8080/status/200") == 403
            secret = "{action: DENY, rules: [{to: [{operation: {paths: [/status/204]}}]}]}"
            with applied(mesh, policy("secret", secret)):
                until(lambda: mesh.status_of("deploy/client", "http://web/status/204") == 403)
                assert mesh.status_of("deploy/client", "http://web/status/200") == 200


def test_a_dry_run_is_counted_at_the_agent(mesh: Lab) -> None:
    """It refuses nothing, and its metric says which rule would have refused whom."""
    trial = policy(
        "trial", "{action: DENY, rules: [{to: [{operation: {paths: [/get]}}]}]}", dry_run=True
    )
    wanted = 'decision="would_refuse",rule="AuthorizationPolicy default/trial rule 0"'
    who = 'source_principal="spiffe://cluster.local/ns/default/sa/client"'
    with applied(mesh, trial):

        def counted() -> bool:
            assert mesh.status_of("deploy/client", "http://web/get") == 200
            lines = metrics(mesh).splitlines()
            return any(wanted in line and who in line for line in lines)

        until(counted)


def metrics(lab: Lab) -> str:
    """What the agent exports of its proxies' counts."""
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(lab.folder / "agent" / "metrics.sock"))
        line.sendall(b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        return line.makefile("rb").read().decode()
