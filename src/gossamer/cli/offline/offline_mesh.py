"""A mesh out of files alone, with the pods that a lab would start for them."""

from __future__ import annotations

from gossamer.capture.plan import read_plan
from gossamer.cli.reading import FilesRead
from gossamer.lab.plan.addresses import Addresses
from gossamer.lab.plan.documents import LabDocument, LabDocuments
from gossamer.lab.plan.pod.command import LabSettings
from gossamer.lab.plan.pod.pod import PodPlan
from gossamer.lab.plan.workloads import plan_pods
from gossamer.model.assembly.assemble import assemble
from gossamer.model.mesh import Mesh
from gossamer.model.observed import observed_pods
from gossamer.model.workload.labels import labels
from gossamer.model.workload.pod import Pod, PodPort, ProxyRole, discovery_of


def offline_mesh(read: FilesRead) -> tuple[Mesh, dict[str, Pod]]:
    """The mesh of the files, with their pods ready at the addresses that a lab would give."""
    documents = LabDocuments(map(LabDocument.of, read.manifests))
    addresses = Addresses()
    pods: dict[str, Pod] = {}
    for plan in plan_pods(documents, LabSettings()).pods:
        addresses = addresses.take(plan.key)
        pods[plan.key] = _pod(plan, addresses.of(plan.key))
    mesh, _ = assemble(
        Mesh(), {c.object: c for c in read.contributions}, observed_pods(pods.values())
    )
    return mesh, pods


def _pod(plan: PodPlan, addresses: tuple[str, str]) -> Pod:
    ports = (*plan.ports, *plan.gateway_ports)
    capture, _ = read_plan(plan.annotations)  # what cannot be read of it is told by its reader
    return Pod(
        plan.namespace,
        plan.name,
        plan.workload,
        addresses,
        labels(plan.labels),
        plan.service_account,
        role=_role(plan),
        discovery=discovery_of(plan.annotations),
        ports=tuple(PodPort(port.name, port.number, port.protocol) for port in ports),
        hostname=plan.hostname,
        subdomain=plan.subdomain,
        captured_ports=capture.include_inbound_ports,
        uncaptured_ports=capture.exclude_inbound_ports,
        stand_in=plan.stand_in,
    )


def _role(plan: PodPlan) -> ProxyRole:
    if plan.gateway:
        return ProxyRole.GATEWAY
    return ProxyRole.SIDECAR if plan.injected else ProxyRole.NONE
