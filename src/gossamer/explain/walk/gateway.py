"""A call from outside the mesh, through a gateway."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import GatewayView, view_of
from gossamer.compile.lookup.gateways import served
from gossamer.contract.listener_names import gateway_listener_name
from gossamer.explain.report.explanation import Explanation, Verdict
from gossamer.explain.report.proxy_config import ProxyConfig
from gossamer.explain.report.steps import Steps
from gossamer.explain.route.virtual_host import without_port
from gossamer.explain.walk.call import Call
from gossamer.explain.walk.filter_chain import PLAIN, TLS, IncomingConnection, find_chain
from gossamer.explain.walk.http_walk import Walk
from gossamer.explain.walk.outbound import request_of, through_chain
from gossamer.explain.walk.upstream import Dialled
from gossamer.model import tables
from gossamer.model.mesh import Mesh
from gossamer.model.workload.pod import Pod, ProxyRole


def from_outside(mesh: Mesh, call: Call) -> Explanation:
    """What the gateway that serves the call does with it: the first that has a route for it."""
    explanation = None
    for pod in _gateways(mesh):
        explained = at_gateway(mesh, pod, call)
        if explained.verdict not in (Verdict.BLOCKED, Verdict.NO_ROUTE):
            return explained
        if explanation is None or explanation.listener is None:
            explanation = explained
    if explanation is not None:
        return explanation
    steps = Steps()
    steps.hop("gateway", "no pod of the mesh is a gateway: nothing listens")
    return Explanation(str(call), Verdict.BLOCKED, hops=steps.hops)


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
    steps, config = Steps(), ProxyConfig(mesh, pod)
    request = replace(request_of(call), scheme="https" if call.scheme == "https" else "http")
    base = Explanation(str(call), Verdict.BLOCKED)
    address = pod.addresses[0] if pod.addresses else None
    port = _arrival(mesh, pod, call.port)
    walk = Walk(config, request, Dialled(address, call.port), steps, base, port=port)
    steps.hop("gateway", f"the call arrives at {pod.key}, port {port}")
    name = gateway_listener_name(port)
    listener = config.listener(name)
    if listener is None:
        steps.hop("listener", f"{pod.key} serves nothing on port {call.port}")
        return walk.ends(Verdict.BLOCKED, None)
    return through_chain(walk, call, name, find_chain(listener, _connection(call, address)))


def _arrival(mesh: Mesh, pod: Pod, port: int) -> int:
    """Where the pod takes calls to a gateway's port, which Services may lead elsewhere."""
    view = view_of(mesh, pod, ResourceType.LISTENER, gateway_listener_name(port))
    assert isinstance(view, GatewayView)
    arrivals = [one.port for one in served(TrackedLookup(mesh), view) if one.listener.port == port]
    return arrivals[0] if arrivals else port


def _connection(call: Call, address: str | None) -> IncomingConnection:
    if call.scheme != "https":
        return IncomingConnection(address, call.port, PLAIN)
    return IncomingConnection(
        address, call.port, TLS, without_port(call.authority), ("h2", "http/1.1")
    )
