"""Explain and a real Envoy asked about the same call; every difference is an assertion."""

from __future__ import annotations

import asyncio
from typing import Any

import yaml

from gossamer.cli.reading import read_all
from gossamer.explain.explain import explain_call
from gossamer.explain.report.explanation import Explanation, HeaderOperations, TrafficShare, Verdict
from gossamer.explain.route.fault import told
from gossamer.explain.route.header_changes import changed
from gossamer.explain.walk.call import Call, call_to
from gossamer.model.assembly.assemble import assemble
from gossamer.model.finding import Finding, Severity
from gossamer.model.mesh import Mesh
from gossamer.model.observed import observed_pods
from gossamer.model.workload.labels import labels
from gossamer.model.workload.pod import Pod, PodPort, ProxyRole
from gossamer.store.paths import File
from tests.explain.calling_envoy import UPSTREAM_HEADERS, Answer, Client
from tests.explain.drawn_meshes import NAMES, Request
from tests.explain.one_envoy import APP_PORT, Stage, World
from tests.waiting import beat

SERVICES = """
apiVersion: v1
kind: Service
metadata: {name: a}
spec: {selector: {app: a}, ports: [{name: http, port: 9080}]}
---
apiVersion: v1
kind: Service
metadata: {name: b}
spec: {selector: {app: b}, ports: [{name: http, port: 9080}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: "{enableAutoMtls: false, outboundTrafficPolicy: {mode: REGISTRY_ONLY}}"}
"""
MOST_ASKS = 60
SURE = 20.0
"""A backend with this share of the calls, in percent, is met in MOST_ASKS of them for certain."""


def world_of(number: int, documents: list[Any], addresses: tuple[str, ...]) -> World:
    """The mesh of these objects in its own namespace; fails where a document has an error."""
    mesh, findings = _read(number, documents, addresses)
    assert not [f for f in findings if f.severity is Severity.ERROR], findings
    return mesh


def has_errors(number: int, documents: list[Any], addresses: tuple[str, ...]) -> bool:
    """Whether some document is refused when read."""
    _, findings = _read(number, documents, addresses)
    return any(finding.severity is Severity.ERROR for finding in findings)


def _read(
    number: int, documents: list[Any], addresses: tuple[str, ...]
) -> tuple[World, list[Finding]]:
    namespace = f"m{number}"
    port = 20000 + number
    every = [*yaml.safe_load_all(SERVICES), *documents, _gateway(port)]
    text = "---\n".join(yaml.safe_dump(_placed(d, namespace)) for d in every)
    read = read_all([File("mesh.yaml", text.encode())])
    client, gateway = (
        Pod(namespace, name, name, (address,), labels({"app": name}), role=role)
        for name, address, role in (
            ("client", "10.244.0.2", ProxyRole.SIDECAR),
            ("front", "10.244.0.3", ProxyRole.GATEWAY),
        )
    )
    apps = [
        Pod(
            namespace,
            f"{app}-{version}-{at}",
            f"{app}-{version}",
            (address,),
            labels({"app": app, "version": version}),
            ports=(PodPort("http", APP_PORT),),
        )
        for at, ((app, version), address) in enumerate(
            zip((("a", "v1"), ("a", "v1"), ("a", "v2"), ("b", "v1")), addresses, strict=True)
        )
    ]
    pods = {pod.key: pod for pod in (client, gateway, *apps)}
    mesh, _ = assemble(
        Mesh(), {c.object: c for c in read.contributions}, observed_pods(pods.values())
    )
    return World(namespace, mesh, client, gateway, port), list(read.findings)


def _gateway(port: int) -> dict[str, Any]:
    server = {"port": {"number": port, "name": "http", "protocol": "HTTP"}, "hosts": ["*"]}
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "front"},
        "spec": {"selector": {"app": "front"}, "servers": [server]},
    }


def _placed(document: Any, namespace: str) -> Any:
    """The document in its namespace; hosts named `*.example` get the namespace into them."""
    placed = {**document, "metadata": {"namespace": namespace, **document["metadata"]}}
    if document["kind"] == "VirtualService":
        hosts = [h.replace(".example", f".{namespace}.example") for h in document["spec"]["hosts"]]
        placed["spec"] = {**document["spec"], "hosts": hosts}
    return placed


def call_of(world: World, request: Request, source: str) -> Call:
    """The call as the pod makes it: full names, since short ones are the same in every world."""
    known = "." not in request.host
    host = f"{request.host}.{world.namespace}"
    host = host if known else request.host.replace(".example", f".{world.namespace}.example")
    port = APP_PORT if source.endswith("/client") else world.gateway_port
    authority = f"{host}:{port}" if request.with_port else host
    dialled = host if known else f"a.{world.namespace}"
    url = f"http://{dialled}:{port}{request.path}"
    return call_to(source, url, request.method, (("Host", authority), *request.headers))


async def compare(stage: Stage, world: World, request: Request) -> None:
    """A sidecar's call: explained, and made."""
    call = call_of(world, request, f"{world.namespace}/client")
    said = explain_call(world.mesh, call)
    vip = "10.96.0.1"
    client = await Client.dial(stage.proxy, 15001, (vip, call.port))
    await _agree(client, call, said)
    assert not stage.feed.refused


async def compare_at_gateway(stage: Stage, world: World, request: Request) -> None:
    """An outsider's call: explained, and made."""
    call = call_of(world, request, f"{world.namespace}/front")
    said = explain_call(world.mesh, call)
    client = await _open(stage.proxy, world.gateway_port)
    await _agree(client, call, said)
    assert not stage.feed.refused


async def _open(proxy: str, port: int, within: float = 20.0) -> Client:
    """Connect once the listener is there."""
    async with asyncio.timeout(within):
        while True:
            try:
                return await Client.dial(proxy, port, None)
            except ConnectionRefusedError:
                await beat()


async def _agree(client: Client, call: Call, said: Explanation) -> None:
    wanted = {b.address for b in said.backends if b.weight >= SURE}
    met: set[str] = set()
    try:
        for at in range(MOST_ASKS):
            answer = await client.ask(call.method, call.path, call.authority, call.headers)
            met |= _agreed(said, answer, call)
            if wanted <= met and at + 1 >= len(said.shares):
                return
    finally:
        client.close()
    raise AssertionError(f"{call}: never met {wanted - met} of {said.backends}")


def _agreed(said: Explanation, answer: Answer, call: Call) -> set[str]:
    """Check one answer; the backend that it came from."""
    seen = answer.seen
    if not seen:
        _proxy_answered(said, answer, call)
        return set()
    assert said.verdict is Verdict.ROUTED, _brief(call, said, answer)
    address = f"{seen['address']}:{APP_PORT}"
    ways = [s for s in said.shares if address in {b.address for b in s.backends}]
    assert ways, (str(call), address, said.shares)
    troubles = [_trouble(share, seen, answer, call) for share in ways]
    assert "" in troubles, (str(call), troubles, said.route)
    return {address}


def _proxy_answered(said: Explanation, answer: Answer, call: Call) -> None:
    """The proxy answered itself: by the verdict, or for a share that nobody serves."""
    to_grpc = ("content-type", "application/grpc") in call.headers
    unserved = [share.status for share in said.shares if share.status is not None]
    statuses = {said.status, *(told(status, None, to_grpc)[0] for status in unserved)}
    assert answer.status in statuses - {None}, _brief(call, said, answer)
    if said.location is not None and said.grpc_status is None:
        assert answer.all("location") == [said.location], _brief(call, said, answer)
    if said.grpc_status is not None:
        assert answer.all("grpc-status") == [str(said.grpc_status)], _brief(call, said, answer)
    elif said.body is not None and call.method != "HEAD" and answer.status not in (204,):
        assert answer.body.decode() == said.body, _brief(call, said, answer)
    if not (said.fault and said.fault.abort) and not said.shares:
        trouble = _response_trouble((), said.response, answer)
        assert not trouble, (trouble, _brief(call, said, answer))


def _trouble(share: TrafficShare, seen: dict[str, Any], answer: Answer, call: Call) -> str:
    """How a backend's report differs from what a share promised; "" where it does not."""
    headers = [tuple(pair) for pair in seen["headers"]]
    host = dict(headers)["host"]
    if (seen["path"], host) != (share.path, share.authority):
        return f"saw {host} {seen['path']}, not {share.authority} {share.path}"
    expected = {n: [v for k, v in call.headers if k == n] for n in NAMES}
    expected |= {name: list(values) for name, values in share.request.changed if name in NAMES}
    expected |= {name: [] for name in share.request.removed}
    for name in NAMES:
        got = [value for key, value in headers if key == name]
        if got != expected[name]:
            return f"request {name} is {got}, not {expected[name]}"
    return _response_trouble(UPSTREAM_HEADERS, share.response, answer)


def _response_trouble(before: Any, operations: tuple[HeaderOperations, ...], answer: Answer) -> str:
    after = before
    for each in operations:
        after = changed(after, each)
    for name in NAMES:
        wanted = [value for key, value in after if key == name]
        if answer.all(name) != wanted:
            return f"response {name} is {answer.all(name)}, not {wanted}"
    return ""


def _brief(call: Call, said: Explanation, answer: Answer) -> str:
    ways = [(s.cluster, s.percent, s.status) for s in said.shares]
    return (
        f"{call} {call.headers}: said {said.verdict} {said.status} grpc {said.grpc_status} "
        f"{said.location} by {said.route} {ways}; got {answer}"
    )
