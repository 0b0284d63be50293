"""A connection that a proxy carries as bytes: which cluster, which endpoints."""

from __future__ import annotations

from envoy.config.listener.v3.listener_components_pb2 import FilterChain
from envoy.extensions.filters.network.tcp_proxy.v3.tcp_proxy_pb2 import TcpProxy
from msgspec.structs import replace

from gossamer.compile.listeners.tcp_connection import DISCOVERY_TIMEOUT
from gossamer.contract.addresses import split_port
from gossamer.contract.cluster_names import BLACKHOLE, PASSTHROUGH, TcpName
from gossamer.explain.authorization.backends import judged, refusing_status, tell_rulings
from gossamer.explain.report.explanation import Explanation, TrafficShare, Verdict
from gossamer.explain.report.shapes import BackendShape
from gossamer.explain.route.request import ExplainedRequest
from gossamer.explain.walk.arrival import BY_MESH, BYTES, pod_at, refuses_bytes
from gossamer.explain.walk.http_walk import Walk
from gossamer.explain.walk.upstream import backends_of, tell_upstream

TCP_PROXY = "envoy.filters.network.tcp_proxy"
_READABLE = ("http", "ws")
_CHOOSE = "envoy.filters.network.set_filter_state"


def walk_tcp(walk: Walk, chain: FilterChain, scheme: str) -> Explanation:
    """Follow the bytes of a chain; no request is read here, so there is no status but the app's.

    `scheme` is what they are: `http` and `ws` are read as requests where a port is declared so.
    """
    cluster = _cluster(walk, chain)
    if cluster == PASSTHROUGH:
        walk.steps.hop("passthrough", f"the bytes go on as they are to {walk.dialled}")
        return walk.ends(Verdict.PASSTHROUGH, None, shares=_shares(walk, cluster, scheme))
    if cluster == BLACKHOLE:
        walk.steps.hop("blocked", "the proxy closes the connection")
        return walk.ends(Verdict.BLOCKED, None)
    shares = _shares(walk, cluster, scheme)
    if shares[0].status is None and shares[0].backends:
        unknown = not any(backend.service or backend.pod for backend in shares[0].backends)
        return walk.ends(Verdict.PASSTHROUGH if unknown else Verdict.ROUTED, None, shares=shares)
    refused = bool(shares[0].backends)
    verdict = Verdict.DENIED if refused else Verdict.BLOCKED
    return walk.ends(verdict, shares[0].status or None, shares=shares)


def _cluster(walk: Walk, chain: FilterChain) -> str:
    filters = {each.name: each for each in chain.filters}
    if _CHOOSE in filters and walk.dialled.address is not None:
        return str(TcpName(walk.dialled.address, walk.dialled.port))
    return str(TcpProxy.FromString(filters[TCP_PROXY].typed_config.value).cluster)


def _shares(walk: Walk, cluster: str, scheme: str) -> tuple[TrafficShare, ...]:
    backends = backends_of(walk.config, cluster, 100.0, walk.dialled)
    if backends and scheme not in _READABLE:
        backends = tuple(_unread(walk, backend) for backend in backends)
    if backends is None:
        wait = DISCOVERY_TIMEOUT.total_seconds()
        why = f"no endpoint is known at {walk.dialled}; the connection is closed within {wait:g} s"
        walk.steps.hop("endpoints", why)
        return (TrafficShare(cluster, 100.0, status=0, why=why),)
    tell_upstream(walk.config, cluster, backends, walk.steps)
    if not backends:
        return (TrafficShare(cluster, 100.0, status=0, why="it has no endpoints"),)
    every = judged(walk.config, cluster, backends, _request(walk, scheme))
    tell_rulings(every, walk.steps)
    backends = tuple(each.backend for each in every)
    if all(backend.refusal for backend in backends):
        status, why = refusing_status(every, 0), backends[0].refusal
        return (TrafficShare(cluster, 100.0, status=status, why=why, backends=backends),)
    return (TrafficShare(cluster, 100.0, backends=backends),)


def _request(walk: Walk, scheme: str) -> ExplainedRequest | None:
    """What the receiving proxy may read of the bytes, though the caller's own does not."""
    return walk.request if scheme in _READABLE else None


def _unread(walk: Walk, backend: BackendShape) -> BackendShape:
    """The backend as it takes bytes that are no requests."""
    address, port = split_port(backend.address)
    pod = pod_at(walk.config.mesh, address)
    if pod is None or backend.refusal:
        return backend
    transport = BY_MESH if backend.mtls else BYTES
    why = refuses_bytes(walk.config.mesh, pod, address, port, transport)
    return replace(backend, refusal=why)
