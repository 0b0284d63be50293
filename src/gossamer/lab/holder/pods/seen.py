"""A pod as the plane and the agent want to hear of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from gossamer.agent.shapes import PodShape
from gossamer.lab.holder.pods.pod_runner import PodRunner
from gossamer.lab.plan.pod.pod import PodPlan
from gossamer.plane.api.shapes import PodSeen, PortSeen


def pod_seen(life: PodRunner, folder: Path) -> PodSeen:
    """What the plane learns; `folder` is that of the pod's proxy."""
    seen = _seen(life.plan, life.addresses, folder)
    return replace(seen, ready=life.ready, greets=sorted(life.greets))


def pod_to_come(plan: PodPlan, addresses: Sequence[str], folder: Path) -> PodSeen:
    """A pod that does not run yet, as the plane would learn of it: Ready, unless nothing can
    run one of its containers."""
    containers = (*plan.init_containers, *plan.containers)
    runs = all(each.argv is not None for each in containers)
    return replace(_seen(plan, addresses, folder), ready=runs)


def _seen(plan: PodPlan, addresses: Sequence[str], folder: Path) -> PodSeen:
    ports = (*plan.ports, *plan.gateway_ports)
    return PodSeen(
        namespace=plan.namespace,
        name=plan.name,
        workload=plan.workload,
        ip=list(addresses),
        labels=dict(plan.labels),
        annotations=dict(plan.annotations),
        service_account=plan.service_account,
        injected=plan.injected,
        host="lab",
        ports=[PortSeen(port.number, port.name, port.protocol) for port in ports],
        gateway=plan.gateway,
        stand_in=plan.stand_in,
        doors=str(folder) if plan.gateway else "",
        locality=_locality(plan.labels),
        hostname=plan.hostname,
        subdomain=plan.subdomain,
    )


def _locality(labels: Mapping[str, str]) -> str:
    """Istio's label for a pod's place, in our slashes."""
    return labels.get("istio-locality", "").replace(".", "/")


def proxy_wanted(plan: PodPlan, addresses: Sequence[str]) -> PodShape:
    """What the agent needs to know, to give it a proxy."""
    return PodShape(
        namespace=plan.namespace,
        name=plan.name,
        workload=plan.workload,
        service_account=plan.service_account,
        ip=list(addresses),
        annotations=dict(plan.annotations),
        gateway=plan.gateway,
        labels=dict(plan.labels),
    )
