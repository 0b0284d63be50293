"""No spelling of a request leads past a rule to what two real servers keep behind it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import indent

import pytest

from gossamer.cli.offline.offline_mesh import offline_mesh
from gossamer.cli.reading import read_all
from gossamer.identity.authority import Authority
from gossamer.model import tables
from gossamer.model.finding import Severity
from gossamer.store.paths import File
from tests.compile.running_mesh import Plane, Start, an_address
from tests.security import edge_stage, guarded
from tests.security.lenient_backends import BACKENDS, HOST, METHOD, PUBLIC, ROLE, SECRET
from tests.security.many_requests import Ask, Batch, Where, answers, http1, http2
from tests.security.spellings import spellings

pytestmark = pytest.mark.e2e

POLICY = """---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: guard, namespace: istio-system}
spec:
"""
DENY = (
    POLICY
    + """
  action: DENY
  rules:
  - to: [{operation: {paths: ["/secret*"]}}]
  - to: [{operation: {hosts: [internal.example]}}]
  - to: [{operation: {methods: [DELETE]}}]
  - when: [{key: "request.headers[x-role]", values: [guest]}]
"""
)
ALLOW = (
    POLICY
    + """
  action: ALLOW
  rules:
  - to:
    - operation: {notPaths: ["/secret*"], notHosts: [internal.example], notMethods: [DELETE]}
    when: [{key: "request.headers[x-role]", notValues: [guest]}]
"""
)
ACTIONS = {"DENY": DENY, "ALLOW": ALLOW}
CLIENTS: dict[str, Batch] = {"HTTP/1.1": http1, "HTTP/2": http2}
ESCAPED_SLASH = r"%2f|%5c"
OPEN = {
    "BASE": re.compile(rf"[/\\]{{2}}|{ESCAPED_SLASH}", re.IGNORECASE),
    "MERGE_SLASHES": re.compile(ESCAPED_SLASH, re.IGNORECASE),
}
"""What each form of `pathNormalization` leaves to the server, by its own description."""

HOSTS = (
    "internal.example",
    "INTERNAL.Example",
    "internal.example.",
    "internal.example:80",
    "internal.example.:8080",
    "internal.example:",
    "internal.example:x",
    "internal.example:80x",
    "internal.example:-1",
    "internal.example.:x",
    "internal.example::80",
    "internal.example:80:80",
    "u@internal.example:x",
    "u@internal.example",
    "u:p@internal.example:80",
    "internal.example ",
    "internal.example\t",
    "internal.example,front.example",
    "front.example,internal.example",
    "internal.example/",
    "internal.example?",
    "internal.example#",
    "internal%2eexample",
    "internal.example%00",
    "internal.example\x00",
    "internal.example..",
    ".internal.example",
    "[internal.example]",
    "http://internal.example",
)
ROLES = (
    ("guest",),
    ("guest,root",),
    ("root,guest",),
    ("root , guest ",),
    ("root", "guest"),
    ("guest", "root"),
    ("", "guest"),
    ("guest,",),
    (",guest",),
    ("\tguest\t",),
    (",,guest,,",),
    ("\xff,guest",),
    ("guest,\xff",),
    ("a" * 200, "guest"),
)
METHODS = ("DELETE", "delete", "Delete", "DELETE\x00", "DELETED", " DELETE", "\tDELETE")
REWRITES = ("x-original-url", "x-rewrite-url")
OVERRIDES = ("x-http-method-override", "x-http-method", "x-method-override")


def others() -> Iterator[Ask]:
    """Hosts, headers and methods, spelled oddly."""
    yield from (Ask(host=host) for host in HOSTS)
    yield from (Ask(lines=(("host", HOST),), host=host) for host in ("front.example", HOST))
    for name in ("x-role", "X-Role", "X-ROLE"):
        yield from (Ask(lines=tuple((name, each) for each in values)) for values in ROLES)
    yield from (Ask(lines=((name, ROLE),)) for name in ("x-role ", "x_role", "x-role\x00"))
    yield from (Ask(method=method) for method in METHODS)
    yield from (Ask(method=METHOD, lines=((name, "GET"),)) for name in OVERRIDES)
    yield from (Ask("/secret/key", lines=((name, "/"),)) for name in REWRITES)
    yield from (Ask("/secret/key", method=method) for method in ("POST", "get", "FOO", "OPTIONS"))


ASKS = (*(Ask(path) for path in spellings()), *others())


@pytest.mark.parametrize("backend", BACKENDS)
async def test_the_servers_would_serve_it(tmp_path: Path, backend: str) -> None:
    """Without the mesh many a spelling leads to the secret: these requests can find a way."""
    where = (an_address(), edge_stage.APP_PORT)
    async with BACKENDS[backend](*where, tmp_path):
        served = await secrets(http1, where, ASKS)
        assert len([ask for ask in served if ask.path != "/"]) > 150
        assert len([ask for ask in served if ask.path == "/"]) > 20


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("action", ACTIONS)
async def test_gateway(
    start: Start, authority: Authority, tmp_path: Path, action: str, backend: str
) -> None:
    """A gateway is strict without any setting, with a policy that denies and with one that allows
    the rest."""
    app = an_address()
    where = await gateway(start, authority, app, ACTIONS[action])
    async with BACKENDS[backend](app, edge_stage.APP_PORT, tmp_path):
        for client in CLIENTS.values():
            assert await secrets(client, where, ASKS) == []


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("form", ["BASE", "MERGE_SLASHES", "DECODE_AND_MERGE_SLASHES"])
async def test_past_no_sidecar(
    start: Start, authority: Authority, tmp_path: Path, form: str, backend: str
) -> None:
    """With each form of `pathNormalization` nothing is open but what it says, and with the
    strictest nothing at all. In HTTP/1.1, which the servers speak: a sidecar keeps the version."""
    app = an_address()
    settings = indent(f"pathNormalization: {{normalization: {form}}}\n", "    ")
    policy = ALLOW if form == "MERGE_SLASHES" else DENY
    where = await sidecar(start, authority, app, policy + edge_stage.SETTINGS + settings)
    async with BACKENDS[backend](app, guarded.HTTP_PORT, tmp_path):
        served = await secrets(http1, where, ASKS)
    wide_open = [ask for ask in served if not (form in OPEN and OPEN[form].search(ask.path))]
    assert wide_open == []
    assert bool(served) == (form in OPEN)


async def secrets(client: Batch, where: Where, asks: Sequence[Ask]) -> list[Ask]:
    """The requests that were answered with the secret; others were answered as all may be."""
    bodies = await answers(client, where, asks)
    assert Counter(bodies)[PUBLIC] > len(asks) / 4
    return [ask for ask, body in zip(asks, bodies, strict=True) if SECRET in body]


async def gateway(start: Start, authority: Authority, app: str, more: str) -> Where:
    """A live gateway before an application that is elsewhere."""
    ports = {"app_port": edge_stage.APP_PORT, "port": edge_stage.PORT}
    text = edge_stage.MESH.format(app=app, **ports) + more
    mesh, pods = offline_mesh(read_all([File("mesh.yaml", text.encode())]))
    (pod,) = pods.values()
    running = await start(Plane(mesh, pod, authority, an_address()))
    assert running.plane.refused == []
    return running.plane.bind, edge_stage.PORT


async def sidecar(start: Start, authority: Authority, app: str, more: str) -> Where:
    """A live workload's proxy before its application."""
    read = read_all([File("mesh.yaml", (guarded.MESH + more).encode())])
    assert [each for each in read.findings if each.severity is Severity.ERROR] == []
    mesh, pods = offline_mesh(read)
    roots = authority.roots_pem.encode()
    mesh = replace(mesh, facts=mesh.facts.set(tables.ROOTS.key("*"), roots))
    running = await start(Plane(mesh, pods["default/web"], authority, an_address(), app))
    assert running.plane.refused == []
    return running.plane.bind, guarded.HTTP_PORT
