"""The addresses that a call can reach, each asked whether it lets the call in."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from gossamer.contract.addresses import split_port
from gossamer.explain.authorization.arriving import attributes_of, ruling_at
from gossamer.explain.authorization.caller import caller_of
from gossamer.explain.authorization.ruling import Ruling, tell_ruling
from gossamer.explain.report.proxy_config import ProxyConfig
from gossamer.explain.report.shapes import BackendShape
from gossamer.explain.report.steps import Steps
from gossamer.explain.route.request import ExplainedRequest
from gossamer.explain.walk.arrival import Transport, pod_at
from gossamer.explain.walk.upstream import transport_to
from gossamer.model.mesh import Mesh
from gossamer.model.workload.pod import Pod


@dataclass(frozen=True, slots=True)
class JudgedBackend:
    """An address, and what the authorization there makes of the call."""

    backend: BackendShape
    ruling: Ruling


def judged(
    config: ProxyConfig,
    cluster: str,
    backends: tuple[BackendShape, ...],
    request: ExplainedRequest | None,
) -> tuple[JudgedBackend, ...]:
    """The backends of a cluster as they take a call of the proxy's workload."""
    return tuple(
        judged_backend(
            config.mesh, config.pod, each, transport_to(config, cluster, each.address), request
        )
        for each in backends
    )


def judged_backend(
    mesh: Mesh,
    source: Pod,
    backend: BackendShape,
    transport: Transport,
    request: ExplainedRequest | None,
) -> JudgedBackend:
    """One backend; who refuses the connection is not asked about the call."""
    address, port = split_port(backend.address)
    pod = pod_at(mesh, address)
    if pod is None or backend.refusal:
        return JudgedBackend(backend, Ruling())
    call = attributes_of(caller_of(mesh, source), port, request)
    ruling = ruling_at(mesh, pod, (address, port), transport, call)
    refusal = f"{pod.key} refuses the call: {ruling.says}" if ruling.allowed is False else ""
    return JudgedBackend(replace(backend, refusal=refusal), ruling)


def tell_rulings(every: tuple[JudgedBackend, ...], steps: Steps) -> None:
    """What decides about the call, once for each workload."""
    for workload, ruling in dict.fromkeys((e.backend.workload, e.ruling) for e in every):
        tell_ruling(ruling, workload, steps)


def refusing_status(every: tuple[JudgedBackend, ...], otherwise: int) -> int:
    """The status where all of them refuse: the first one's, which is `otherwise` if it takes no
    connection."""
    return every[0].ruling.status or otherwise
