"""What the mesh knows of a pod: its proxy, its identity, whom it calls and who calls it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gossamer.cli.printing.described.lines import paired

Json = Mapping[str, Any]


def mesh_lines(pod: Json, proxy: Json | None, edges: Sequence[Json], trust: str) -> Iterator[str]:
    """`proxy` is the agent's account of its Envoy, `edges` what proxies counted of its workload."""
    if not pod["proxy"]:
        yield from paired([("Sidecar", "no; calls of other pods to it are plaintext")])
        return
    workload = f"{pod['namespace']}/{pod['workload']}"
    identity = f"spiffe://{trust}/ns/{pod['namespace']}/sa/{pod['service_account']}"
    yield from paired(
        [
            ("Proxy" if pod["gateway"] else "Sidecar", _proxy(proxy)),
            ("Identity", identity),
            ("Certificate", f"until {proxy['certificate_expires']}" if proxy else None),
            ("Calls", "\n".join(_calls(edges, workload))),
            ("Called by", "\n".join(_callers(edges, workload))),
        ]
    )


def _proxy(proxy: Json | None) -> str:
    if proxy is None:
        return "not known to the agent yet"
    held = "in sync" if proxy["synced"] else f"{proxy['pending']} resources not acknowledged"
    link = "connected" if proxy["connected"] else "without the control plane"
    refused = f", refused: {', '.join(map(str, proxy['rejected']))}" if proxy["rejected"] else ""
    return f"Envoy {proxy['envoy']}, {link}, {held}{refused}"


def _calls(edges: Sequence[Json], workload: str) -> Iterator[str]:
    for edge in edges:
        if edge["source"] == workload:
            yield f"{edge['destination_service'] or edge['destination']}{_numbers(edge)}"


def _callers(edges: Sequence[Json], workload: str) -> Iterator[str]:
    for edge in edges:
        if edge["destination"] == workload:
            yield f"{edge['source']}{_numbers(edge)}"


def _numbers(edge: Json) -> str:
    rate = edge["success_rate"]
    success = "" if rate is None else f", {rate * 100:.0f}% succeeded"
    sealed = ", mTLS" if edge["mtls"] else ""
    return f"  {edge['requests_total']} requests{success}{sealed}"
