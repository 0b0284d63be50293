"""A call from outside the mesh, through a gateway."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gossamer.compile.gateways import served
from gossamer.compile.kinds import Kind
from gossamer.compile.reads import Reader
from gossamer.compile.views import Front, view_of
from gossamer.explain.call import Call
from gossamer.explain.explanation import Explanation, Verdict
from gossamer.explain.filter_chain import PLAIN, TLS, Connection, find_chain
from gossamer.explain.http_walk import Walk
from gossamer.explain.outbound import request_of, through_chain
from gossamer.explain.proxy_config import ProxyConfig
from gossamer.explain.trail import Trail
from gossamer.explain.upstream import Dialled
from gossamer.explain.virtual_host import without_port
from gossamer.model import tables
from gossamer.model.mesh import Mesh
from gossamer.model.pod import Pod, ProxyRole


def from_outside(mesh: Mesh, call: Call) -> Explanation:
    """What the gateway that serves the call does with it: the first that has a route for it."""
    found = None
    for pod in _gateways(mesh):
        explained = at_gateway(mesh, pod, call)
        if explained.verdict not in (Verdict.BLOCKED, Verdict.NO_ROUTE):
            return explained
        if found is None or found.listener is None:
            found = explained
    if found is not None:
        return found
    trail = Trail()
    trail.hop("gateway", "no pod of the mesh is a gateway: nobody listens")
    return Explanation(str(call), Verdict.BLOCKED, hops=trail.hops)


def _gateways(mesh: Mesh) -> Iterator[Pod]:
    """One ready gateway pod of each workload, by name."""
    table = tables.PODS.name
    pods = sorted((key.name, pod) for key, pod in mesh.facts.items() if key.table == table)
    seen: set[tuple[str, str]] = set()
    for _, pod in pods:
        workload = (pod.namespace, pod.workload)
        if pod.role is ProxyRole.GATEWAY and workload not in seen:
            seen.add(workload)
            yield pod


def at_gateway(mesh: Mesh, pod: Pod, call: Call) -> Explanation:
    """What one gateway does with a call that arrives at its port."""
    trail, config = Trail(), ProxyConfig(mesh, pod)
    request = replace(request_of(call), scheme="https" if call.scheme == "https" else "http")
    base = Explanation(str(call), Verdict.BLOCKED)
    address = pod.addresses[0] if pod.addresses else None
    walk = Walk(config, request, Dialled(address, call.port), trail, base)
    port = _arrival(mesh, pod, call.port)
    trail.hop("gateway", f"the call arrives at {pod.key}, port {port}")
    name = f"gateway|{port}"
    listener = config.listener(name)
    if listener is None:
        trail.hop("listener", f"{pod.key} serves nothing on port {call.port}")
        return walk.ends(Verdict.BLOCKED, None)
    return through_chain(walk, call, name, find_chain(listener, _connection(call, address)))


def _arrival(mesh: Mesh, pod: Pod, port: int) -> int:
    """Where the pod takes calls to a gateway's port, which Services may lead elsewhere."""
    view = view_of(mesh, pod, Kind.LISTENER, "gateway|")
    assert isinstance(view, Front)
    arrivals = [one.port for one in served(Reader(mesh), view) if one.listener.port == port]
    return arrivals[0] if arrivals else port


def _connection(call: Call, address: str | None) -> Connection:
    if call.scheme != "https":
        return Connection(address, call.port, PLAIN)
    return Connection(address, call.port, TLS, without_port(call.authority), ("h2", "http/1.1"))
