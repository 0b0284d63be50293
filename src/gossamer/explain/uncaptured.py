"""A call from a pod without a proxy: names and virtual addresses, and nothing else between."""

from __future__ import annotations

from gossamer.compile.cluster_name import ClusterName, TcpName
from gossamer.compile.endpoints import Placed
from gossamer.compile.reads import Reader
from gossamer.compile.upstream import Upstream, endpoints_behind, find_dialled, find_upstream
from gossamer.explain.arrival import (
    BYTES,
    OWN_TLS,
    PLAINTEXT,
    arrive,
    mode_of,
    pod_at,
    refuses_bytes,
)
from gossamer.explain.call import Call
from gossamer.explain.explanation import Backend, Explanation, Share, Verdict
from gossamer.explain.names import resolve
from gossamer.explain.outbound import tell_name
from gossamer.explain.places import object_place
from gossamer.explain.trail import Trail
from gossamer.explain.upstream import Dialled
from gossamer.model import tables
from gossamer.model.mesh import Mesh
from gossamer.model.pod import Pod
from gossamer.model.visible import scope_of


def from_plain_pod(mesh: Mesh, pod: Pod, call: Call) -> Explanation:
    """What becomes of a call that no proxy takes up."""
    trail = Trail()
    meant = resolve(mesh, call.host, pod.namespace)
    tell_name(mesh, meant, call, trail)
    trail.hop("capture", f"{pod.key} has no proxy: no route, retry or mTLS of the mesh applies")
    dialled = Dialled(meant.address, call.port)
    upstream = _upstream(mesh, pod, dialled)
    if upstream is None:
        trail.hop("passthrough", f"the connection goes as it is to {dialled}")
        return _ended(call, Verdict.PASSTHROUGH, trail, ())
    backends = _backends(mesh, upstream, call.scheme)
    place = object_place(mesh, upstream.service.object if upstream.service else None)
    said = ", ".join(backend.address for backend in backends) or "nobody"
    trail.hop("endpoints", f"{upstream.name.host}:{call.port} is {said}", place)
    _tell_refusals(mesh, backends, trail)
    if not backends:
        return _ended(call, Verdict.ROUTED, trail, ())
    refused = all(backend.refusal for backend in backends)
    return _ended(call, Verdict.DENIED if refused else Verdict.ROUTED, trail, backends)


def _upstream(mesh: Mesh, pod: Pod, dialled: Dialled) -> Upstream | None:
    if dialled.address is None:
        return None
    read, scope = Reader(mesh), scope_of(mesh, pod.namespace)
    kind, _, name = (mesh.lookup(tables.ADDRESSES, dialled.address) or "").partition(" ")
    if kind == "service":
        return find_upstream(read, ClusterName(dialled.port, name), scope)
    return find_dialled(read, TcpName(dialled.address, dialled.port), scope)


def _backends(mesh: Mesh, upstream: Upstream, scheme: str) -> tuple[Backend, ...]:
    found = list(endpoints_behind(Reader(mesh), upstream))
    return tuple(
        _backend(mesh, upstream, (each, port), 100.0 / len(found), scheme) for each, port in found
    )


def _backend(mesh: Mesh, upstream: Upstream, placed: Placed, weight: float, scheme: str) -> Backend:
    endpoint, port = placed
    address = endpoint.address
    pod = pod_at(mesh, address)
    host = f"[{address}]" if ":" in address else address
    return Backend(
        service=upstream.service.host if upstream.service else "",
        subset="",
        workload=f"{pod.namespace}/{pod.workload}" if pod else "",
        address=f"{host}:{port}",
        weight=round(weight, 4),
        locality=endpoint.locality,
        pod=pod.key if pod else "",
        refusal=_refusal(mesh, pod, address, port, scheme) if pod else "",
    )


def _refusal(mesh: Mesh, pod: Pod, address: str, port: int, scheme: str) -> str:
    if scheme in ("https", "wss"):
        return arrive(mesh, pod, address, port, OWN_TLS).refusal
    if scheme == "tcp":
        return refuses_bytes(mesh, pod, address, port, BYTES)
    return arrive(mesh, pod, address, port, PLAINTEXT).refusal


def _tell_refusals(mesh: Mesh, backends: tuple[Backend, ...], trail: Trail) -> None:
    for backend in backends:
        pod = pod_at(mesh, backend.address.rpartition(":")[0].strip("[]"))
        if pod is not None and backend.refusal:
            _, place = mode_of(mesh, pod, int(backend.address.rpartition(":")[2]))
            trail.hop("arrival", f"{backend.pod} refuses: {backend.refusal}", place)


def _ended(
    call: Call, verdict: Verdict, trail: Trail, backends: tuple[Backend, ...]
) -> Explanation:
    return Explanation(
        str(call),
        verdict,
        shares=(Share("", 100.0, call.authority, call.path, backends=backends),),
        because=trail.because,
        hops=trail.hops,
    )
