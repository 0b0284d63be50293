"""A call from a pod without a proxy: names and virtual addresses, and nothing else between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from gossamer.compile.clusters.endpoints import Placed
from gossamer.compile.clusters.upstream import (
    Upstream,
    endpoints_behind,
    find_dialled,
    find_upstream,
)
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.contract.addresses import split_port, with_port
from gossamer.contract.cluster_names import ClusterName, TcpName
from gossamer.explain.authorization.backends import (
    JudgedBackend,
    judged_backend,
    refusing_status,
    tell_rulings,
)
from gossamer.explain.places import object_place
from gossamer.explain.report.explanation import Explanation, TrafficShare, Verdict
from gossamer.explain.report.shapes import BackendShape
from gossamer.explain.report.steps import Steps
from gossamer.explain.resolve import resolve
from gossamer.explain.walk.arrival import (
    BYTES,
    OWN_TLS,
    PLAINTEXT,
    Transport,
    arrive,
    mode_of,
    pod_at,
    refuses_bytes,
)
from gossamer.explain.walk.call import Call
from gossamer.explain.walk.outbound import request_of, tell_name
from gossamer.explain.walk.unresolved import resolves_nowhere
from gossamer.explain.walk.upstream import Dialled
from gossamer.model import tables
from gossamer.model.addressing.address_holder import ServiceHolder
from gossamer.model.assembly.visible import scope_of
from gossamer.model.mesh import Mesh
from gossamer.model.workload.pod import Pod

_TRANSPORTS: Mapping[str, Transport] = {"https": OWN_TLS, "wss": OWN_TLS, "tcp": BYTES}
"""How a pod without a proxy speaks, by the scheme of its call; all else is plaintext."""


def from_plain_pod(mesh: Mesh, pod: Pod, call: Call) -> Explanation:
    """What becomes of a call that no proxy takes up."""
    steps = Steps()
    meant = resolve(mesh, call.host, pod.namespace)
    tell_name(mesh, meant, call, steps, pod.namespace)
    if resolves_nowhere(meant):
        return _ended(call, Verdict.UNRESOLVED, steps, ())
    steps.hop("capture", f"{pod.key} has no proxy: no route, retry or mTLS of the mesh applies")
    dialled = Dialled(meant.address, call.port)
    upstream = _upstream(mesh, pod, dialled)
    if upstream is None:
        steps.hop("passthrough", f"the connection goes as it is to {dialled}")
        return _ended(call, Verdict.PASSTHROUGH, steps, ())
    every = _judged(mesh, pod, _backends(mesh, upstream, call.scheme), call)
    backends = tuple(each.backend for each in every)
    place = object_place(mesh, upstream.service.object if upstream.service else None)
    addresses = ", ".join(backend.address for backend in backends) or "nobody"
    steps.hop("endpoints", f"{upstream.name.host}:{call.port} is {addresses}", place)
    _tell_refusals(mesh, [each for each in every if not each.ruling.says], steps)
    tell_rulings(every, steps)
    if not backends:
        return _ended(call, Verdict.ROUTED, steps, ())
    refused = all(backend.refusal for backend in backends)
    if not refused:
        return _ended(call, Verdict.ROUTED, steps, backends)
    status = refusing_status(every, 0) or None
    return replace(_ended(call, Verdict.DENIED, steps, backends), status=status)


def _judged(
    mesh: Mesh, pod: Pod, backends: tuple[BackendShape, ...], call: Call
) -> tuple[JudgedBackend, ...]:
    """The backends as they take a call that comes in plaintext, or in TLS of its own."""
    transport = _TRANSPORTS.get(call.scheme, PLAINTEXT)
    request = request_of(call) if transport is PLAINTEXT else None
    return tuple(judged_backend(mesh, pod, each, transport, request) for each in backends)


def _upstream(mesh: Mesh, pod: Pod, dialled: Dialled) -> Upstream | None:
    if dialled.address is None:
        return None
    read, scope = TrackedLookup(mesh), scope_of(mesh, pod.namespace)
    holder = mesh.lookup(tables.ADDRESSES, dialled.address)
    if isinstance(holder, ServiceHolder):
        return find_upstream(read, ClusterName(dialled.port, holder.host), scope)
    return find_dialled(read, TcpName(dialled.address, dialled.port), scope)


def _backends(mesh: Mesh, upstream: Upstream, scheme: str) -> tuple[BackendShape, ...]:
    endpoints = list(endpoints_behind(TrackedLookup(mesh), upstream))
    return tuple(
        _backend(mesh, upstream, (each, port), 100.0 / len(endpoints), scheme)
        for each, port in endpoints
    )


def _backend(
    mesh: Mesh, upstream: Upstream, placed: Placed, weight: float, scheme: str
) -> BackendShape:
    endpoint, port = placed
    address = endpoint.address
    pod = pod_at(mesh, address)
    return BackendShape(
        service=upstream.service.host if upstream.service else "",
        subset="",
        workload=f"{pod.namespace}/{pod.workload}" if pod else "",
        address=with_port(address, port),
        weight=round(weight, 4),
        locality=endpoint.locality,
        pod=pod.key if pod else "",
        mtls=False,
        refusal=_refusal(mesh, pod, address, port, scheme) if pod else "",
    )


def _refusal(mesh: Mesh, pod: Pod, address: str, port: int, scheme: str) -> str:
    if scheme in ("https", "wss"):
        return arrive(mesh, pod, address, port, OWN_TLS).refusal
    if scheme == "tcp":
        return refuses_bytes(mesh, pod, address, port, BYTES)
    return arrive(mesh, pod, address, port, PLAINTEXT).refusal


def _tell_refusals(mesh: Mesh, every: Iterable[JudgedBackend], steps: Steps) -> None:
    for backend in (each.backend for each in every):
        address, port = split_port(backend.address)
        pod = pod_at(mesh, address)
        if pod is not None and backend.refusal:
            _, place = mode_of(mesh, pod, port)
            steps.hop("arrival", f"{backend.pod} refuses: {backend.refusal}", place)


def _ended(
    call: Call, verdict: Verdict, steps: Steps, backends: tuple[BackendShape, ...]
) -> Explanation:
    return Explanation(
        str(call),
        verdict,
        shares=(TrafficShare("", 100.0, call.authority, call.path, backends=backends),),
        because=steps.because,
        hops=steps.hops,
    )
